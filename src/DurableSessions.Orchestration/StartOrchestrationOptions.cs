namespace DurableSessions.Orchestration;

/// <summary>How an instance is scheduled.</summary>
/// <param name="InstanceId">
/// Its id, 1 to 256 characters of <c>A-Z a-z 0-9 - _ . @</c>; <see langword="null"/>: the engine makes a new one, which saves the
/// look for an instance of that id that has ended.
/// </param>
public sealed record StartOrchestrationOptions(string? InstanceId = null)
{
    /// <summary>The ended statuses in which an existing instance of that id is replaced. Empty: never.</summary>
    public IReadOnlyCollection<OrchestrationRuntimeStatus> ReusableStatuses { get; init; } = [];

    /// <summary>
    /// The one <see cref="OrchestrationMetadata.Generation"/> that is replaced; <see langword="null"/>: any. So a caller that stalls between
    /// its look at an ended instance and this request starts nothing after another caller's has run. The embedded engine decides it
    /// together with the creation; Durable Task only looks before.
    /// </summary>
    public int? ReusedGeneration { get; init; }

    /// <summary>
    /// The caller has just drawn <see cref="InstanceId"/> at random and told nobody: the engine need not look for an ended instance.
    /// </summary>
    public bool IsFreshId { get; init; }
}
