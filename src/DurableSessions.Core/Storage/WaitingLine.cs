namespace DurableSessions.Core.Storage;

/// <summary>Storage requests of one class that wait to be sent, in their order. Its owner has a lock.</summary>
internal sealed class WaitingLine(TimeProvider time)
{
    private static readonly TimeSpan s_measured = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(250);

    private readonly LinkedList<WaitingRequest> _requests = [];
    private TimeSpan _busy;
    private long _seenAt;
    private double _sent;

    public int Count => _requests.Count;

    public WaitingRequest Add(NewWork? work)
    {
        if (_requests.Count == 0)
        {
            (_busy, _sent, _seenAt) = (TimeSpan.Zero, 0, time.GetTimestamp());
        }

        var request = new WaitingRequest(work, time.GetTimestamp());
        _requests.AddLast(request.Node);
        return request;
    }

    /// <summary>Takes the first one, to be sent.</summary>
    public WaitingRequest Take()
    {
        WaitingRequest first = _requests.First!.Value;
        _requests.RemoveFirst();
        _sent++;
        Measure();
        return first;
    }

    /// <summary>False: it is not there any more.</summary>
    public bool Remove(WaitingRequest request)
    {
        if (request.Node.List != _requests)
        {
            return false;
        }

        _requests.Remove(request.Node);
        return true;
    }

    /// <summary>
    /// How long one more would wait: as many as there are, at the rate at which they have gone since some did wait; at least as long as the
    /// first has waited.
    /// </summary>
    public TimeSpan Expected()
    {
        if (_requests.First is not { Value: var first })
        {
            return TimeSpan.Zero;
        }

        Measure();
        TimeSpan waited = time.GetElapsedTime(first.Since);
        TimeSpan ahead = _busy < s_shortest ? TimeSpan.Zero : _busy * (Count / Math.Max(1, _sent));
        return ahead > waited ? ahead : waited;
    }

    // What was long ago counts for less.
    private void Measure()
    {
        _busy += time.GetElapsedTime(_seenAt);
        _seenAt = time.GetTimestamp();
        if (_busy > s_measured)
        {
            _busy /= 2;
            _sent /= 2;
        }
    }
}
