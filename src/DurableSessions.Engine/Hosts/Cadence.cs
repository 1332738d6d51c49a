namespace DurableSessions.Engine.Hosts;

/// <summary>When a host does next what it does again and again; the first time, at once. Belongs to one thread at a time.</summary>
/// <param name="time">The clock of this host; only its timestamps count, so an answer of storage that sets the clock moves nothing.</param>
internal sealed class Cadence(TimeProvider time)
{
    private long _set;
    private TimeSpan? _after;

    /// <summary>
    /// How long it is until then, in whole milliseconds, rounded up, as timers of .NET count them; zero where it has come.
    /// </summary>
    public TimeSpan In => _after is { } after && after - time.GetElapsedTime(_set) is { } left && left > TimeSpan.Zero
        ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds))
        : TimeSpan.Zero;

    /// <summary>Whether it is to be done now.</summary>
    public bool IsDue => In == TimeSpan.Zero;

    /// <summary>It is to be done after a time.</summary>
    public void Next(TimeSpan after)
    {
        _set = time.GetTimestamp();
        _after = after;
    }
}
