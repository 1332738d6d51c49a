namespace DurableSessions.Orchestration;

/// <summary>Delays that differ from host to host, so that competing hosts do not retry at the same moment.</summary>
internal static class Jitter
{
    /// <summary>
    /// A random number, at least 0 and below 1, seeded by the clock: competing hosts read it at different moments, and a simulated clock
    /// repeats its numbers.
    /// </summary>
    public static double Draw(TimeProvider time) => new Random(unchecked((int)time.GetTimestamp())).NextDouble();

    /// <summary>Waits after attempt <paramref name="attempt"/>, counted from 1: exponential backoff with full jitter.</summary>
    /// <param name="attempt">The attempt that failed, from 1.</param>
    /// <param name="firstMilliseconds">The longest delay after the first attempt, in milliseconds.</param>
    /// <param name="longestMilliseconds">The longest delay after any attempt, in milliseconds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the delay.</param>
    public static Task BackOffAsync(
        int attempt, int firstMilliseconds, int longestMilliseconds, TimeProvider time, CancellationToken cancellationToken)
    {
        int ceiling = Math.Min(longestMilliseconds, firstMilliseconds << Math.Min(attempt - 1, 10));
        return Task.Delay(TimeSpan.FromMilliseconds(1 + (Draw(time) * ceiling)), time, cancellationToken);
    }
}
