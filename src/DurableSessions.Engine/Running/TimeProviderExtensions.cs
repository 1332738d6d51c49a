namespace DurableSessions.Engine.Running;

/// <summary>Times to wait by the clock of a host.</summary>
internal static class TimeProviderExtensions
{
    /// <summary>
    /// How long it is until a time, in whole milliseconds, rounded up, as timers of .NET count them; zero where it has come.
    /// Rounded down, a host would spin through the last fraction of a millisecond.
    /// </summary>
    public static TimeSpan Until(this TimeProvider time, DateTimeOffset when)
    {
        TimeSpan wait = when - time.GetUtcNow();
        return wait <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
    }
}
