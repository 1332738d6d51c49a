namespace DurableSessions.Core.Live;

/// <summary>The live messages of a session, counted.</summary>
/// <param name="Messages">How many there are.</param>
/// <param name="PendingTokens">Estimated tokens of those that a commit like the last one would archive.</param>
internal sealed record LiveCounts(int Messages, long PendingTokens)
{
    public static LiveCounts Of(LiveView view) => new(view.MessageCount, view.PendingTokens());
}
