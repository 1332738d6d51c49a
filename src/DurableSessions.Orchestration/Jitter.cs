namespace DurableSessions.Orchestration;

/// <summary>Pauses that differ from host to host, so that hosts which wait for each other do not meet again.</summary>
internal static class Jitter
{
    /// <summary>
    /// At least 0 and below 1, drawn from the clock: hosts that wait for each other read it at different moments, and a simulated clock
    /// draws the same again.
    /// </summary>
    public static double Draw(TimeProvider time) => new Random(unchecked((int)time.GetTimestamp())).NextDouble();

    /// <summary>Waits after attempt <paramref name="attempt"/>, counted from 1: exponential, with full jitter, in whole milliseconds.</summary>
    public static Task BackOffAsync(int attempt, int firstMilliseconds, int longestMilliseconds, TimeProvider time, CancellationToken cancellationToken)
    {
        int ceiling = Math.Min(longestMilliseconds, firstMilliseconds << Math.Min(attempt - 1, 10));
        return Task.Delay(TimeSpan.FromMilliseconds(1 + (Draw(time) * ceiling)), time, cancellationToken);
    }
}
