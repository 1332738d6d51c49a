namespace DurableSessions.Ui;

/// <summary>What a page says of the request that has led to it. The address names the text, and cannot hold one of its own.</summary>
internal static class Notices
{
    public const string Committed = "committed";
    public const string Nothing = "nothing";
    public const string Undone = "undone";
    public const string SignedOut = "signed-out";
    public const string Retrying = "retrying";
    public const string RetryingSome = "retrying-some";
    public const string NothingToRetry = "nothing-to-retry";
    public const string Stopped = "stopped";
    public const string Checking = "checking";
    public const string CheckUnderWay = "check-under-way";

    public static string? Find(string name) => name switch
    {
        Committed => "The commit is accepted. It goes on by itself; load this page again to see how far it is.",
        Nothing => "There was nothing to commit: the session has no more messages than it was asked to keep.",
        Undone => "The memory changes of this commit are taken back. What others changed since then stays.",
        SignedOut => "You are signed out.",
        Retrying => "The commits that this filter shows are being retried, 100 at once at most.",
        RetryingSome => "There are more commits than this page can list. Those of them that this filter shows are being retried; "
            + "retry again for the others when these have ended.",
        NothingToRetry => "Nothing was started: no commit that this filter shows can be retried, or another retry is under way.",
        Stopped => "No further commit is retried; those that have begun go on.",
        Checking => "The check has begun. It goes on while you look elsewhere.",
        CheckUnderWay => "A check is under way already.",
        "cancel" => "The commit is asked to end. It sees that at its next step.",
        "retry" => "Another attempt has begun.",
        "suspend" => "The commit is asked to stand still until it is resumed.",
        "resume" => "The commit goes on.",
        "terminate" => "The commit is asked to end at once. Its messages stay readable, and the session's next commit carries it on.",
        _ => null,
    };
}
