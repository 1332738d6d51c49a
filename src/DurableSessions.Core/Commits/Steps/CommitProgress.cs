using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>Where a commit stands after its first or second step.</summary>
internal sealed record CommitProgress
{
    /// <summary>Set once it is decided; until then the next step has something to do.</summary>
    public CommitFate? Fate { get; init; }

    public string? Reason { get; init; }

    /// <summary>What was staged.</summary>
    public StagedCounts? Counts { get; init; }

    /// <summary>The archive's number, from clear-live on.</summary>
    public int? Number { get; init; }

    /// <summary>How many commits are still to be switched before this one.</summary>
    public int Ahead { get; init; }

    /// <summary>
    /// Set where the archive was switched before: by an earlier attempt, or by another commit that found this one's instance ended.
    /// </summary>
    public ArchiveState? State { get; init; }

    /// <summary>What became of memories; after the switch.</summary>
    public MemoryReport? Memories { get; init; }
}
