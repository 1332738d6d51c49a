using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits;

/// <summary>What a commit's task says when it has ended.</summary>
public sealed record CommitOutput
{
    /// <summary>What became of it.</summary>
    public required CommitFate Fate { get; init; }

    internal const string SessionDeletedReason = "session deleted";

    /// <summary>Whether it was cancelled; with an archive where that came after clear-live.</summary>
    public bool Cancelled { get; init; }

    /// <summary>Why nothing was archived, one of <see cref="SkipReasons"/>; or why it was cancelled.</summary>
    public string? Reason { get; init; }

    /// <summary>The archive's number, where there is one.</summary>
    public int? Number { get; init; }

    /// <summary>How far the archive was digested.</summary>
    public ArchiveState? State { get; init; }

    /// <summary>What the archive holds.</summary>
    public StagedCounts? Counts { get; init; }

    /// <summary>What the model has taken and given; <see langword="null"/> where there was no model.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>What became of memories; <see langword="null"/> where there was no digest.</summary>
    public MemoryReport? Memories { get; init; }

    internal bool IsSessionDeleted => Cancelled && Reason == SessionDeletedReason;
}
