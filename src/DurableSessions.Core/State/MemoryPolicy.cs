namespace DurableSessions.Core.State;

/// <summary>Which memories a session's commits may extract. What is <see langword="null"/> was not set, and is allowed.</summary>
public sealed record MemoryPolicy
{
    /// <summary>The user's own memories. Where it is disabled, only what belongs to a peer is extracted.</summary>
    public MemoryTarget? Self { get; init; }

    /// <summary>
    /// Memories of the peers that messages name. Where it is disabled, what such messages say is not extracted, cases excepted.
    /// </summary>
    public MemoryTarget? Peer { get; init; }

    /// <summary>
    /// The overview of the conversation. Where it is disabled, commits carry none on and keep none, and no context has one: archives have
    /// their abstracts and messages, and memories are extracted.
    /// </summary>
    public MemoryTarget? WorkingMemory { get; init; }

    internal bool HasOverview => WorkingMemory?.Enabled != false;

    /// <summary>
    /// The names of the categories that are extracted, all where it is <see langword="null"/>; <c>experiences</c> is
    /// <see cref="MemoryCategory.Cases"/>. Another name that is no category of the service
    /// is kept and extracts nothing.
    /// </summary>
    public IReadOnlyList<string>? MemoryTypes { get; init; }
}
