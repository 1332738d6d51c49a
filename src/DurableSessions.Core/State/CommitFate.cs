namespace DurableSessions.Core.State;

/// <summary>What became of a commit.</summary>
public enum CommitFate
{
    /// <summary>Its messages are in an archive.</summary>
    Archived,

    /// <summary>It was cancelled before anything was cleared from live: nothing happened.</summary>
    Cancelled,

    /// <summary>There was nothing to archive.</summary>
    Skipped,
}
