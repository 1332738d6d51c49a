using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Memories;

/// <summary>What a commit did to a user's memories: written once beside its archive, for the user's own and for those of peers.</summary>
public sealed record MemoryDiff
{
    /// <summary>The format of this document.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The commit.</summary>
    public required CommitId CommitId { get; init; }

    /// <summary>When the changes were made.</summary>
    public required DateTimeOffset AppliedAt { get; init; }

    /// <summary>Every memory that is different since, once each.</summary>
    public required IReadOnlyList<MemoryDifference> Changes { get; init; }

    /// <summary>What was asked for and not done.</summary>
    public IReadOnlyList<MemorySkip> Skipped { get; init; } = [];

    internal MemoryDiff With(MemoryDiff other) => this with
    {
        Changes = [.. Changes, .. other.Changes],
        Skipped = [.. Skipped, .. other.Skipped],
    };

    internal static MemoryDiff? Of(MemoryDiff? own, MemoryDiff? peers) => own is null || peers is null ? own ?? peers : own.With(peers);
}
