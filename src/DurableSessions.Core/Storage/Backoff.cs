using DurableSessions.Orchestration;

namespace DurableSessions.Core.Storage;

/// <summary>Waits between attempts at a compare-and-swap that others are winning.</summary>
internal static class Backoff
{
    private const int FirstMilliseconds = 5;
    private const int LongestMilliseconds = 500;

    /// <summary>Waits before attempt <paramref name="attempt"/> + 1, where the first attempt is 1.</summary>
    public static Task WaitAsync(int attempt, TimeProvider time, CancellationToken cancellationToken) =>
        Jitter.BackOffAsync(attempt, FirstMilliseconds, LongestMilliseconds, time, cancellationToken);
}
