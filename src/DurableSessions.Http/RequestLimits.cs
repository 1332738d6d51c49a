using DurableSessions.Core.Messages;

namespace DurableSessions.Http;

/// <summary>Bounds of requests. Those of messages are in <see cref="Core.Messages.MessageLimits"/>.</summary>
public static class RequestLimits
{
    /// <summary>Bytes of what a client may set on a session, of each setting.</summary>
    public const int MaxSettingBytes = 16 * 1024;

    /// <summary>The longest that a commit can be waited for in one request, in seconds.</summary>
    public const int MaxWaitSeconds = 300;

    /// <summary>Bytes of what is raised to an orchestration as an event.</summary>
    public const int MaxEventBytes = 64 * 1024;

    /// <summary>The largest token budget of a context.</summary>
    public const int MaxTokenBudget = 10_000_000;
}
