namespace DurableSessions.Orchestration;

/// <summary>An instance as a client sees it: a snapshot of its last checkpoint.</summary>
public sealed record OrchestrationMetadata
{
    /// <summary>The name of its orchestrator.</summary>
    public required string Name { get; init; }

    /// <summary>Its id.</summary>
    public required string InstanceId { get; init; }

    /// <summary>Its status.</summary>
    public required OrchestrationRuntimeStatus RuntimeStatus { get; init; }

    /// <summary>When it was scheduled; for an id that was scheduled again after it had ended, the last time.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its last checkpoint was written, by the clock of the host that wrote it.</summary>
    public required DateTimeOffset LastUpdatedAt { get; init; }

    /// <summary>How often this id has been scheduled: 1, and one more each time it was scheduled again after it had ended.</summary>
    public int Generation { get; init; } = 1;

    /// <summary>
    /// <see cref="StartOrchestrationOptions.FairnessKey"/>; <see langword="null"/>: it has none, or its engine does not keep it.
    /// </summary>
    public string? FairnessKey { get; init; }

    /// <summary><see cref="StartOrchestrationOptions.Tags"/>; empty: it has none, or its engine lists none.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init => field = OrchestrationTags.From(value); } = OrchestrationTags.Empty;

    /// <summary>Its input as JSON; <see langword="null"/> for none.</summary>
    public string? SerializedInput { get; init; }

    /// <summary>Its output as JSON, once completed.</summary>
    public string? SerializedOutput { get; init; }

    /// <summary>
    /// What <see cref="OrchestrationContext.SetCustomStatus"/> last set, as JSON. A listing without inputs and outputs has it where it is
    /// short (256 characters, escaped as in a URL) and the engine lists it, as the embedded one does.
    /// </summary>
    public string? SerializedCustomStatus { get; init; }

    /// <summary>Why it failed, or the reason given with a termination.</summary>
    public TaskFailureDetails? FailureDetails { get; init; }

    /// <summary>Whether it has ended: completed, failed or terminated.</summary>
    public bool IsCompleted => RuntimeStatus.IsOver();
}
