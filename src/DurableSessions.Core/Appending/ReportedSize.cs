namespace DurableSessions.Core.Appending;

/// <summary>
/// What an appender was said to take in memory. It is said again where it has come to be a quarter more or less, so it is never far off,
/// and is not said for each append.
/// </summary>
internal sealed class ReportedSize
{
    private const int Share = 4;

    private readonly Action<object, long> _report;
    private readonly long _first;
    private long _reported;

    /// <summary>The size of one that knows nothing yet.</summary>
    /// <param name="first">What it takes at first, in bytes, and at least.</param>
    /// <param name="report">Says what takes how much.</param>
    public ReportedSize(long first, Action<object, long> report)
    {
        _first = first;
        _report = report;
        _reported = first;
    }

    /// <summary>The owner takes so much more than at first by now.</summary>
    public void Set(object owner, long bytes)
    {
        long now = _first + bytes;
        if (Math.Abs(now - _reported) > Math.Max(_first, _reported / Share))
        {
            _reported = now;
            _report(owner, now);
        }
    }
}
