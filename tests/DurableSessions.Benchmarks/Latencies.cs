namespace DurableSessions.Benchmarks;

/// <summary>Counts latencies in steps of a tenth of a millisecond, to a minute; what takes longer counts as that.</summary>
internal sealed class Latencies
{
    private const int StepsPerMillisecond = 10;

    private readonly long[] _counts = new long[(60_000 * StepsPerMillisecond) + 1];

    public void Add(TimeSpan latency) =>
        Interlocked.Increment(ref _counts[(int)Math.Min(latency.TotalMilliseconds * StepsPerMillisecond, _counts.Length - 1)]);

    /// <summary>How many there were.</summary>
    public long Count => _counts.Sum();

    /// <summary>The latency that this share of them did not exceed, in milliseconds.</summary>
    public double Percentile(double share)
    {
        long left = (long)Math.Ceiling(Count * share);
        for (int i = 0; i < _counts.Length; i++)
        {
            left -= _counts[i];
            if (left <= 0)
            {
                return (i + 1) / (double)StepsPerMillisecond;
            }
        }

        return 0;
    }
}
