using DurableSessions.Core.Sessions;

namespace DurableSessions.Core.Commits;

/// <summary>Where a commit's task stands, as its user sees it.</summary>
public enum CommitTaskStatus
{
    /// <summary>Accepted; no host has begun.</summary>
    Pending,

    /// <summary>On its way.</summary>
    Running,

    /// <summary>On its way, and a cancellation is waiting for its next step.</summary>
    Cancelling,

    /// <summary>Over: the archive is switched and readable by everybody, or there was nothing to archive.</summary>
    Completed,

    /// <summary>Over: the semantic step failed for good, or an operator ended it. No message is lost by that, and it can be retried.</summary>
    Failed,

    /// <summary>Over: cancelled; with an archive, uncovered, where that came after clear-live.</summary>
    Cancelled,
}

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

    /// <summary><c>archiving, waiting_turn, summarizing, switching</c> while it runs.</summary>
    public string? Stage { get; init; }

    /// <summary>1, and one more for each retry.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>The archive's number, from clear-live on.</summary>
    public int? ArchiveNumber { get; init; }

    /// <summary>What became of it, once it is over.</summary>
    public CommitOutput? Output { get; init; }

    /// <summary>Why it failed, at most 500 characters, without secrets.</summary>
    public string? Error { get; init; }

    /// <summary>Whether it is over.</summary>
    public bool IsOver => Status is CommitTaskStatus.Completed or CommitTaskStatus.Failed or CommitTaskStatus.Cancelled;
}

/// <summary>Which tasks to list.</summary>
public sealed record CommitTaskQuery
{
    /// <summary>Only those of this session.</summary>
    public string? Session { get; init; }

    /// <summary>Only those in this status.</summary>
    public CommitTaskStatus? Status { get; init; }

    /// <summary>How many at most, 1 to 200.</summary>
    public int Limit { get; init; } = 50;
}

/// <summary>There is no such task, or it is somebody else's.</summary>
public sealed class TaskNotFoundException(string taskId) : Exception("Task not found or expired")
{
    /// <summary>The id that was asked for.</summary>
    public string TaskId { get; } = taskId;
}

/// <summary>What was asked of a task does not go with where it stands.</summary>
public sealed class TaskStatusException(string message) : Exception(message);
