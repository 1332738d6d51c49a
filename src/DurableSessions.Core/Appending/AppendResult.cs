namespace DurableSessions.Core.Appending;

/// <summary>Messages that are stored.</summary>
/// <param name="MessageIds">Their ids, in the order of the request; the same for a repeated idempotency key.</param>
/// <param name="MessageCount">Live messages of the session, these included where they still are live.</param>
/// <param name="PendingTokens">Estimated tokens of the live messages that a commit like the last one would archive.</param>
public sealed record AppendResult(IReadOnlyList<string> MessageIds, int MessageCount, long PendingTokens)
{
    /// <summary>
    /// How many of the messages were found stored already, and were not stored again. A repeated idempotency key does not count.
    /// </summary>
    public int Repeated { get; init; }
}
