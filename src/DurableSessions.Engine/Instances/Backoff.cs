namespace DurableSessions.Engine.Instances;

/// <summary>Waits between attempts: exponential, with full jitter.</summary>
internal static class Backoff
{
    private const int FirstMilliseconds = 10;
    private const int LongestMilliseconds = 1_000;

    /// <summary>Waits after attempt <paramref name="attempt"/>, counted from 1.</summary>
    public static Task WaitAsync(int attempt, TimeProvider time, CancellationToken cancellationToken)
    {
        int ceiling = Math.Min(LongestMilliseconds, FirstMilliseconds << Math.Min(attempt - 1, 10));
        return Task.Delay(TimeSpan.FromMilliseconds(1 + (Draw(time) * ceiling)), time, cancellationToken);
    }

    /// <summary>
    /// At least 0 and below 1, drawn from the clock: hosts that wait for each other read it at different moments, and a simulated clock
    /// draws the same again.
    /// </summary>
    public static double Draw(TimeProvider time) => new Random(unchecked((int)time.GetTimestamp())).NextDouble();
}
