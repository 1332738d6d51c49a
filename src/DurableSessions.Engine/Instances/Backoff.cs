using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>Waits between attempts at a storage request.</summary>
internal static class Backoff
{
    private const int FirstMilliseconds = 10;
    private const int LongestMilliseconds = 1_000;

    /// <summary>Waits after attempt <paramref name="attempt"/>, counted from 1.</summary>
    public static Task WaitAsync(int attempt, TimeProvider time, CancellationToken cancellationToken) =>
        Jitter.BackOffAsync(attempt, FirstMilliseconds, LongestMilliseconds, time, cancellationToken);
}
