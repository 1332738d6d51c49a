using DurableSessions.Orchestration;

namespace DurableSessions.Engine;

/// <summary>What one instance may hold. An orchestration that goes beyond fails with an error that names the limit.</summary>
public static class EngineLimits
{
    /// <summary>Bytes of an input or output of an orchestration or activity, as JSON.</summary>
    public const int PayloadBytes = 1024 * 1024;

    /// <summary>Bytes of an event's payload, as JSON.</summary>
    public const int EventBytes = 64 * 1024;

    /// <summary>Bytes of a custom status, as JSON.</summary>
    public const int CustomStatusBytes = 16 * 1024;

    /// <summary>Events that no orchestrator has waited for yet.</summary>
    public const int BufferedEvents = 100;

    /// <summary>Entries of a history.</summary>
    public const int HistoryEntries = 2_000;

    /// <summary>Bytes of an instance: input, history and all.</summary>
    public const int InstanceBytes = 4 * 1024 * 1024;

    internal const int ErrorMessageLength = 4_096;
    internal const int StackTraceLength = 16_384;
}
