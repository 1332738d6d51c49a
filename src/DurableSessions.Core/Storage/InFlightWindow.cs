namespace DurableSessions.Core.Storage;

/// <summary>
/// How many storage requests may be in flight: grows while all are used and answered, and is halved where storage has too many.
/// </summary>
/// <remarks>
/// Additive increase and multiplicative decrease (Chiu and Jain, 1989, "Analysis of the Increase and Decrease Algorithms for Congestion
/// Avoidance in Computer Networks"), as in TCP: slow start to where it was last halved (RFC 5681), no growth while it is not used
/// (RFC 7661), and one decrease for all that was in flight together (RFC 6582). No clock is read. Its caller has a lock.
/// </remarks>
/// <param name="most">The upper bound, from <see cref="Least"/> on.</param>
internal sealed class InFlightWindow(int most)
{
    /// <summary>The lower bound: one that is slow leaves room for another.</summary>
    public const int Least = 4;

    private const int First = 16;

    private double _size = Math.Min(First, most);
    private double _slowStartUntil = most;

    /// <summary>Requests that may be in flight.</summary>
    public int Size => (int)_size;

    /// <summary>A request was answered while so many were in flight, itself included.</summary>
    public void Answered(int inFlight)
    {
        if (inFlight >= Size)
        {
            _size = Math.Min(most, _size + (_size < _slowStartUntil ? 1 : 1 / _size));
        }
    }

    /// <summary>Storage had too many: the first that says so of those in flight together.</summary>
    public void Overloaded()
    {
        _size = Math.Max(Least, _size / 2);
        _slowStartUntil = _size;
    }
}
