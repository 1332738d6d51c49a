using DurableSessions.Orchestration;

namespace DurableSessions.Core.Storage;

/// <summary>
/// How an orchestration that no client waits for calls what reads and writes storage: again after 1 s, and after twice as long each time,
/// up to 10 minutes, for about seven hours in all.
/// </summary>
internal static class PatientStep
{
    public static TaskOptions Options { get; } = new(new RetryPolicy(50, TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(10)));
}
