namespace DurableSessions.Http;

/// <summary>Bounds of requests. Those of messages are in <see cref="Core.Messages.MessageLimits"/>.</summary>
public static class RequestLimits
{
    /// <summary>Bytes of one setting of a session.</summary>
    public const int MaxSettingBytes = 16 * 1024;

    /// <summary>
    /// Tokens of a body's JSON: names, values, and both ends of objects and arrays. A parsed body has 12 bytes for each of them, less
    /// than the largest body has itself. Tools' structured outputs have a token in 19 bytes (the median) and in 6 where they are
    /// densest; texts have one each, however long.
    /// </summary>
    public const int MaxJsonTokens = 2_000_000;

    /// <summary>The longest wait for a commit in one request, in seconds.</summary>
    public const int MaxWaitSeconds = 300;

    /// <summary>Bytes of the payload of an external event.</summary>
    public const int MaxEventBytes = 64 * 1024;

    /// <summary>The largest token budget of a context, in tokens.</summary>
    public const int MaxTokenBudget = 10_000_000;
}
