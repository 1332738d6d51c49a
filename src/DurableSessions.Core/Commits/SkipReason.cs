namespace DurableSessions.Core.Commits;

/// <summary>Why a commit archives nothing.</summary>
public enum SkipReason
{
    /// <summary>Nothing is live, or there is no session.</summary>
    NoMessages,

    /// <summary>All that is live is to stay live.</summary>
    AllWithinKeepWindow,
}
