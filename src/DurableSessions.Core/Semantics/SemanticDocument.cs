using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Semantics;

/// <summary>A digest as it is stored: written once for each attempt, so that no answer is paid for or counted twice.</summary>
internal sealed record SemanticDocument
{
    public int Format { get; init; } = 1;

    public required CommitId CommitId { get; init; }

    public required int Attempt { get; init; }

    /// <summary>The archive it reaches up to: everything until and with this one is in it.</summary>
    public required int Number { get; init; }

    /// <summary>The archives it was made from, besides the overview before them.</summary>
    public required IReadOnlyList<int> Covers { get; init; }

    /// <summary>What made it.</summary>
    public required string Processor { get; init; }

    /// <summary>Whether the configured processor failed and the built-in one stood in.</summary>
    public bool Degraded { get; init; }

    /// <summary>
    /// Whether the overview before it builds on a degraded one; <see langword="null"/>: an earlier version made it, and it is unknown.
    /// </summary>
    public bool? IsFromDegraded { get; init; }

    /// <summary>
    /// Why the built-in processor stood in: how the configured one has failed, or why it was not asked. <see langword="null"/>: it did
    /// not, or the reason is not known.
    /// </summary>
    public string? Reason { get; init; }

    /// <summary>What it was to look at besides; <see langword="null"/>: nothing.</summary>
    public string? Instructions { get; init; }

    public required string Abstract { get; init; }

    public required string Overview { get; init; }

    /// <summary>Where abstract and overview may come from; <see langword="null"/>: unknown.</summary>
    public MemorySources? Sources { get; init; }

    /// <summary>
    /// The users' peer ids of everything until and with this archive; <see langword="null"/>: a host before this was recorded wrote the
    /// digest, they are unknown.
    /// </summary>
    public UserPeers? Users { get; init; }

    /// <summary>Changes of the user's own memories, for the switch to apply.</summary>
    public IReadOnlyList<MemoryChange> Memories { get; init; } = [];

    /// <summary>
    /// Changes of memories of peers, for the switch to apply. A host of a version that has none of these, and switches the archive, leaves
    /// them out: beside the others it would make them the user's own.
    /// </summary>
    public IReadOnlyList<MemoryChange> PeerMemories { get; init; } = [];

    /// <summary>
    /// The tags of the commit's memories of events, as its changes have them; <see langword="null"/>: none. An archive that is digested
    /// again has them from here.
    /// </summary>
    public IReadOnlyList<string>? EventTags { get; init; }

    /// <summary>Changes that cannot be applied, or why none were looked for.</summary>
    public IReadOnlyList<MemorySkip> MemoriesSkipped { get; init; } = [];

    /// <summary>What the model has taken and given for it.</summary>
    public TokenUsage? Usage { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
