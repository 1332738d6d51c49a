namespace DurableSessions.Core.Storage;

/// <summary>
/// How many requests a second are sent to a storage that throttles: a storage that refuses at once is not relieved by fewer in flight.
/// No limit until the first refusal, and again once there was none for <see cref="Forgets"/>.
/// </summary>
/// <remarks>
/// The rule of the AWS SDKs' adaptive retry mode (docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html; botocore's
/// <c>retries/adaptive.py</c>): a token bucket whose rate is CUBIC's (RFC 9438), from the rate on at which storage had answered. Retries
/// take tokens too, so that they do not add to the load. Its caller has a lock.
/// </remarks>
internal sealed class SendRate(TimeProvider time)
{
    /// <summary>The lower bound, in requests per second: a host that had little to do when storage refused goes on quickly.</summary>
    public const double Least = 50;

    // Of a host that had not as much to do: what was answered says less than storage takes.
    private const double First = 1_000;

    private const double Beta = 0.7;
    private const double Scale = 0.4;
    private const double Smoothing = 0.8;
    private const double BurstSeconds = 0.1;

    private static readonly TimeSpan s_measured = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);

    private long _throttledAt;
    private double _before;
    private double _tokens;
    private long _filledAt;
    private long _countedSince = time.GetTimestamp();
    private int _counted;
    private long _answered;
    private double _measured;
    private bool _isLimited;

    /// <summary>How long after the last refusal there is no limit again.</summary>
    public static TimeSpan Forgets { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests per second; infinity where there is no limit.</summary>
    public double PerSecond
    {
        get
        {
            if (!_isLimited)
            {
                return double.PositiveInfinity;
            }

            TimeSpan since = time.GetElapsedTime(_throttledAt);
            _isLimited = since < Forgets;
            double flat = Math.Cbrt(_before * (1 - Beta) / Scale);
            return _isLimited ? Math.Max(Least, (Scale * Math.Pow(since.TotalSeconds - flat, 3)) + _before) : double.PositiveInfinity;
        }
    }

    /// <summary>Takes what sends one request. Zero where it was taken; else how long until it can be.</summary>
    public TimeSpan Take()
    {
        double rate = PerSecond;
        if (double.IsPositiveInfinity(rate))
        {
            return TimeSpan.Zero;
        }

        Fill(rate);
        if (_tokens >= 1)
        {
            _tokens--;
            return TimeSpan.Zero;
        }

        // A timer's shortest time is a millisecond.
        return TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling((1 - _tokens) / rate * 1_000)));
    }

    /// <summary>Storage has carried a request out.</summary>
    public void Answered()
    {
        _counted++;
        _answered++;
        TimeSpan counted = time.GetElapsedTime(_countedSince);
        if (counted >= s_measured)
        {
            double now = _counted / counted.TotalSeconds;
            _measured = _measured > 0 ? (Smoothing * now) + ((1 - Smoothing) * _measured) : now;
            _countedSince = time.GetTimestamp();
            _counted = 0;
        }
    }

    /// <summary>Storage has refused a request. False: it is of the same moment as one before.</summary>
    public bool Throttled()
    {
        double rate = PerSecond;
        TimeSpan since = time.GetElapsedTime(_throttledAt);
        if (_isLimited && since < s_moment)
        {
            return false;
        }

        // Soon after another refusal, more is sent than storage takes; what it answers is what it takes.
        _before = !_isLimited ? Math.Max(First, _measured)
            : since < s_soon ? Math.Clamp(_answered / since.TotalSeconds, Beta * rate, rate)
            : rate;
        Fill(rate);
        _throttledAt = time.GetTimestamp();
        _answered = 0;
        _isLimited = true;
        return true;
    }

    private void Fill(double rate)
    {
        double most = double.IsPositiveInfinity(rate) ? 0 : Math.Max(1, rate * BurstSeconds);
        double more = most > 0 ? time.GetElapsedTime(_filledAt).TotalSeconds * rate : 0;
        _tokens = Math.Min(most, _tokens + more);
        _filledAt = time.GetTimestamp();
    }
}
