namespace DurableSessions.Core.Commits;

/// <summary>The names under which records and histories keep a <see cref="SkipReason"/>; never changed.</summary>
internal static class SkipReasons
{
    private const string NoMessages = "no_messages";

    private const string AllWithinKeepWindow = "all_within_keep_window";

    public static string ToStored(SkipReason reason) => reason == SkipReason.NoMessages ? NoMessages : AllWithinKeepWindow;

    /// <summary>The reason of a stored name; <see langword="null"/> for one that this version does not know.</summary>
    public static SkipReason? Parse(string? stored) => stored switch
    {
        NoMessages => SkipReason.NoMessages,
        AllWithinKeepWindow => SkipReason.AllWithinKeepWindow,
        _ => null,
    };
}
