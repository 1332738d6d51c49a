namespace DurableSessions.Http;

/// <summary>Bounds of requests. Those of messages are in <see cref="Core.Messages.MessageLimits"/>.</summary>
public static class RequestLimits
{
    /// <summary>Bytes of one setting of a session.</summary>
    public const int MaxSettingBytes = 16 * 1024;

    /// <summary>The longest wait for a commit in one request, in seconds.</summary>
    public const int MaxWaitSeconds = 300;

    /// <summary>Bytes of the payload of an external event.</summary>
    public const int MaxEventBytes = 64 * 1024;

    /// <summary>The largest token budget of a context, in tokens.</summary>
    public const int MaxTokenBudget = 10_000_000;
}
