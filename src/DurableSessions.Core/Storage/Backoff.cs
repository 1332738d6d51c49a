namespace DurableSessions.Core.Storage;

/// <summary>Waits between attempts at a compare-and-swap that others are winning: exponential, with full jitter.</summary>
internal static class Backoff
{
    private const int FirstMilliseconds = 5;
    private const int LongestMilliseconds = 500;

    /// <summary>Waits before attempt <paramref name="attempt"/> + 1, where the first attempt is 1.</summary>
    public static Task WaitAsync(int attempt, TimeProvider time, CancellationToken cancellationToken)
    {
        int ceiling = Math.Min(LongestMilliseconds, FirstMilliseconds << Math.Min(attempt - 1, 10));
        return Task.Delay(TimeSpan.FromMilliseconds(1 + (Draw(time) * ceiling)), time, cancellationToken);
    }

    /// <summary>
    /// At least 0 and below 1, drawn from the clock: hosts that wait for each other read it at different moments, and a simulated clock
    /// draws the same again.
    /// </summary>
    private static double Draw(TimeProvider time) => new Random(unchecked((int)time.GetTimestamp())).NextDouble();
}
