namespace DurableSessions.Core.Tasks;

/// <summary>Where a commit's task stands, as its user sees it.</summary>
public enum CommitTaskStatus
{
    /// <summary>Accepted; no host has begun.</summary>
    Pending,

    /// <summary>On its way.</summary>
    Running,

    /// <summary>On its way, and a cancellation is waiting for its next step.</summary>
    Cancelling,

    /// <summary>Over: the archive is switched and readable by every client, or there was nothing to archive.</summary>
    Completed,

    /// <summary>
    /// Over: the semantic step failed for good, or an operator ended it. No message is lost by that, and it can be retried.
    /// </summary>
    Failed,

    /// <summary>Over: cancelled; with an archive, uncovered, where that came after clear-live.</summary>
    Cancelled,
}
