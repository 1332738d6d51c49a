using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Tasks;

/// <summary>A commit as its user sees it: a snapshot.</summary>
public sealed record CommitTask
{
    /// <summary>The commit's id.</summary>
    public required string TaskId { get; init; }

    /// <summary>The session it commits.</summary>
    public required SessionKey Session { get; init; }

    /// <summary>Where it stands.</summary>
    public required CommitTaskStatus Status { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last moved.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Where it stands while it runs; <see langword="null"/> before and after.</summary>
    public CommitStage? Stage { get; init; }

    /// <summary>1, and one more for each retry.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>The archive's number, from clear-live on.</summary>
    public int? ArchiveNumber { get; init; }

    /// <summary>What became of it, once it is over.</summary>
    public CommitOutput? Output { get; init; }

    /// <summary>Why it failed, in one of a few fixed texts, with the id under which the log has the details.</summary>
    public string? Error { get; init; }

    /// <summary>Whether it is over.</summary>
    public bool IsOver => Status is CommitTaskStatus.Completed or CommitTaskStatus.Failed or CommitTaskStatus.Cancelled;
}
