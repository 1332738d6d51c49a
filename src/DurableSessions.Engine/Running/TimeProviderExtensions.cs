namespace DurableSessions.Engine.Running;

/// <summary>How long a host waits for a time to come.</summary>
internal static class TimeProviderExtensions
{
    /// <summary>
    /// In whole milliseconds, rounded up, as timers of .NET count them; zero where the time has come. Rounded down, a host would spin
    /// through the last fraction of a millisecond.
    /// </summary>
    public static TimeSpan Until(this TimeProvider time, DateTimeOffset when)
    {
        TimeSpan wait = when - time.GetUtcNow();
        return wait <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
    }
}
