namespace DurableSessions.Orchestration;

/// <summary>How an instance is scheduled.</summary>
/// <param name="InstanceId">
/// Its id, 1 to 256 characters of <c>A-Z a-z 0-9 - _ . @</c>; <see langword="null"/>: the engine creates an id, and saves the request that
/// looks for an ended instance of the id.
/// </param>
public sealed record StartOrchestrationOptions(string? InstanceId = null)
{
    /// <summary>The ended statuses in which an existing instance of that id is replaced. Empty: never.</summary>
    public IReadOnlyCollection<OrchestrationRuntimeStatus> ReusableStatuses { get; init; } = [];

    /// <summary>
    /// The only <see cref="OrchestrationMetadata.Generation"/> that is replaced; <see langword="null"/>: any. A caller that stalls between
    /// its read of an ended instance and this request thus starts no second run after another caller's. The embedded engine checks it
    /// atomically with the creation; Durable Task checks it before.
    /// </summary>
    public int? ReusedGeneration { get; init; }

    /// <summary>
    /// <see cref="InstanceId"/> is a new random id that no other caller can know: the engine does not look for an ended instance.
    /// </summary>
    public bool IsFreshId { get; init; }

    /// <summary>
    /// For whom the instance is, such as a tenant: 1 to 300 visible characters of ASCII. Where activities of one name wait for a slot of a
    /// host, the keys have their turns: a backlog of one key delays another key by one activity at most.
    /// <see langword="null"/>: all instances without a key have one turn together. Durable Task, which has no such queue, ignores it.
    /// </summary>
    public string? FairnessKey { get; init; }

    /// <summary>The most <see cref="Tags"/> of an instance.</summary>
    public const int MaxTags = 8;

    /// <summary>
    /// What clients are to see of the instance beside its input, by name: at most <see cref="MaxTags"/>. A name is 1 to 64 characters of
    /// <c>A-Z a-z 0-9 - _ .</c>, case-sensitive, and not <c>generation</c>; a value is 0 to 128 characters of ASCII, from space to
    /// <c>~</c>. They never change, also not by <see cref="OrchestrationContext.ContinueAsNew"/>; where the id is scheduled again after its
    /// end it has the tags of that call, as under Durable Task. The orchestrator does not see them.
    /// </summary>
    /// <exception cref="ArgumentException">The tags are out of these bounds; the message says which one and how.</exception>
    public IReadOnlyDictionary<string, string> Tags { get; init => field = OrchestrationTags.Checked(value); } = OrchestrationTags.Empty;
}
