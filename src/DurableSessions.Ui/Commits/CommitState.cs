namespace DurableSessions.Ui.Commits;

/// <summary>Where a commit stands, as an operator looks for it.</summary>
public enum CommitState
{
    /// <summary>Accepted; no host has begun it.</summary>
    Pending,

    /// <summary>Under way.</summary>
    Running,

    /// <summary>Suspended by an operator.</summary>
    Suspended,

    /// <summary>Ended: its archive is switched, or there was nothing to commit.</summary>
    Completed,

    /// <summary>Ended: it failed, and can be retried.</summary>
    Failed,

    /// <summary>Ended: a user cancelled it.</summary>
    Cancelled,

    /// <summary>Ended by an operator; it can be retried.</summary>
    Terminated,
}
