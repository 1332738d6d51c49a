namespace DurableSessions.Core.Commits;

/// <summary>Why a commit archives nothing, in the words of the wire, which also stand in records.</summary>
public static class SkipReasons
{
    /// <summary>Nothing is live, or there is no session.</summary>
    public const string NoMessages = "no_messages";

    /// <summary>All that is live is to stay live.</summary>
    public const string AllWithinKeepWindow = "all_within_keep_window";
}
