using System.Text.Json.Serialization;
using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits;

/// <summary>What a commit's task says when it has ended.</summary>
public sealed record CommitOutput
{
    /// <summary>What became of it.</summary>
    public required CommitFate Fate { get; init; }

    /// <summary>Whether it was cancelled; with an archive where that came after clear-live.</summary>
    public bool Cancelled { get; init; }

    /// <summary>
    /// Why it was cancelled; where it was skipped the stored name of <see cref="SkipReason"/>; where its archive is degraded, how the model
    /// has failed, with the id under which the log has it, or why it was not asked.
    /// </summary>
    public string? Reason { get; init; }

    /// <summary>Why nothing was archived; <see langword="null"/> where something was, or where it was cancelled.</summary>
    [JsonIgnore]
    public SkipReason? SkipReason => Fate == CommitFate.Skipped ? SkipReasons.Parse(Reason) : null;

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

    /// <summary>Whether it was cancelled because its session was deleted.</summary>
    public bool IsSessionDeleted { get; init; }
}
