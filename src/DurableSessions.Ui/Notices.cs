namespace DurableSessions.Ui;

/// <summary>What a page says of the request that has led to it. The address names the text, and cannot hold one of its own.</summary>
internal static class Notices
{
    public const string Committed = "committed";
    public const string Nothing = "nothing";
    public const string Undone = "undone";
    public const string SignedOut = "signed-out";

    public static string? Find(string name) => name switch
    {
        Committed => "The commit is accepted. It goes on by itself; load this page again to see how far it is.",
        Nothing => "There was nothing to commit: the session has no more messages than it was asked to keep.",
        Undone => "The memory changes of this commit are taken back. What others changed since then stays.",
        SignedOut => "You are signed out.",
        _ => null,
    };
}
