namespace DurableSessions.Engine;

/// <summary>
/// What one instance may hold. An orchestration that goes beyond fails with an <see cref="EngineLimitException"/>, and a client
/// that would go beyond gets one. An owner writes the whole instance at every checkpoint: that is why the limits are low.
/// </summary>
public static class EngineLimits
{
    /// <summary>The most bytes of an input or output of an orchestration or activity, as JSON in UTF-8.</summary>
    public const int PayloadBytes = 1024 * 1024;

    /// <summary>The most bytes of an event's payload, as JSON in UTF-8.</summary>
    public const int EventBytes = 64 * 1024;

    /// <summary>The most bytes of a custom status, as JSON in UTF-8.</summary>
    public const int CustomStatusBytes = 16 * 1024;

    /// <summary>The most events that the orchestrator of an instance has not waited for yet.</summary>
    public const int BufferedEvents = 100;

    /// <summary>The most entries of a history.</summary>
    public const int HistoryEntries = 2_000;

    /// <summary>The most bytes of an instance as it is stored, with its input and history.</summary>
    public const int InstanceBytes = 4 * 1024 * 1024;

    /// <summary>
    /// The most messages of runs before <c>ContinueAsNew</c> whose ids are kept: one that is sent again is not received twice.
    /// </summary>
    internal const int RememberedMessages = 1_000;

    /// <summary>How long a run takes at least that continues as new and has taken no message.</summary>
    internal static readonly TimeSpan ShortestRun = TimeSpan.FromMilliseconds(200);

    /// <summary>The most characters of an error message that is stored; the rest is cut off.</summary>
    internal const int ErrorMessageLength = 4_096;

    /// <summary>The most characters of a stack trace that is stored; the rest is cut off.</summary>
    internal const int StackTraceLength = 16_384;
}
