using DurableSessions.Core.Errors;

namespace DurableSessions.Core.Storage;

/// <summary>
/// Lets storage requests go, as many as storage takes: at once while there is room; else they wait in one of three lines. What renews an
/// ownership goes before all. Work under way goes before work that has not begun, of which one goes after each
/// <see cref="UnderWayInTurn"/>, so that no backlog holds clients up for good.
/// </summary>
/// <remarks>
/// All lines are bounded by who enters: renewals by the instances that a host owns, one each; work under way by the work itself, which has
/// few requests at a time each; new work by <see cref="Expected"/>, by which a host refuses it before it comes. What has come all the same
/// is refused after <see cref="LongestWait"/>, also where storage hangs, while nothing of it has begun; the others are never refused.
/// </remarks>
internal sealed class RequestQueue
{
    /// <summary>How long new work waits at most for its turn.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2.5);

    /// <summary>How many of the work under way go before one that has not begun, where both wait.</summary>
    public const int UnderWayInTurn = 3;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly InFlightWindow _window;
    private readonly SendRate _rate;
    private readonly WaitingLine _renewals;
    private readonly WaitingLine _underWay;
    private readonly WaitingLine _new;
    private int _inFlight;
    private int _turn;
    private long _sent;
    private long _overloadedAt;
    private bool _isPaused;

    public RequestQueue(int most, TimeProvider time)
    {
        _time = time;
        _window = new InFlightWindow(most);
        _rate = new SendRate(time);
        _renewals = new WaitingLine(time);
        _underWay = new WaitingLine(time);
        _new = new WaitingLine(time);
    }

    /// <summary>How long new work would wait before it begins, or before it goes on once it has begun.</summary>
    public TimeSpan Expected
    {
        get
        {
            lock (_lock)
            {
                if (Waiting == 0)
                {
                    return TimeSpan.Zero;
                }

                double atRate = Waiting / _rate.PerSecond;
                return TimeSpan.FromSeconds(
                    Math.Max(atRate, Math.Max(_underWay.Expected().TotalSeconds, _new.Expected().TotalSeconds)));
            }
        }
    }

    /// <summary>What is seen of it: in flight, how many may be, requests per second, and what waits, by its line.</summary>
    public (int InFlight, int Window, double PerSecond, int Renewals, int UnderWay, int New) State
    {
        get
        {
            lock (_lock)
            {
                return (_inFlight, _window.Size, _rate.PerSecond, _renewals.Count, _underWay.Count, _new.Count);
            }
        }
    }

    private int Waiting => _renewals.Count + _underWay.Count + _new.Count;

    /// <summary>Waits until a request may be sent: its number, for <see cref="Leave"/>.</summary>
    /// <param name="renews">Whether it renews an ownership.</param>
    /// <param name="cancellationToken">It is not sent any more.</param>
    /// <exception cref="StorageBusyException">It is of new work, and has waited for too long.</exception>
    public ValueTask<long> EnterAsync(bool renews, CancellationToken cancellationToken)
    {
        NewWork? work = renews ? null : NewWork.NotBegun;
        WaitingLine line = renews ? _renewals : work is null ? _underWay : _new;
        lock (_lock)
        {
            if (Waiting == 0 && _inFlight < _window.Size && _rate.Take() == TimeSpan.Zero)
            {
                return ValueTask.FromResult(Send(work));
            }

            WaitingRequest waiting = line.Add(work);
            SendWaiting();

            // Who sees that it waits finds its timer running.
            return new ValueTask<long>(WaitAsync(line, waiting, cancellationToken));
        }
    }

    /// <summary>A request is over.</summary>
    public void Leave(long number, RequestEnd end)
    {
        lock (_lock)
        {
            if (end == RequestEnd.Answered)
            {
                _window.Answered(_inFlight);
                _rate.Answered();
            }
            else if (end != RequestEnd.Unknown && number > _overloadedAt && (end == RequestEnd.TimedOut || _rate.Throttled()))
            {
                // One decrease for all that were sent before it.
                _overloadedAt = _sent;
                _window.Overloaded();
            }

            _inFlight--;
            SendWaiting();
        }
    }

    private async Task<long> WaitAsync(WaitingLine line, WaitingRequest waiting, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration gone = cancellationToken.UnsafeRegister(_ => GiveUp(line, waiting, cancellationToken), null);
        await using ITimer? late = waiting.Work is null ? null
            : _time.CreateTimer(_ => Refuse(waiting), null, LongestWait, Timeout.InfiniteTimeSpan);
        return await waiting.Task;
    }

    private void Refuse(WaitingRequest waiting)
    {
        lock (_lock)
        {
            // It is one of more that the same work sent at a time: another has gone.
            if (waiting.Work!.HasBegun)
            {
                return;
            }

            if (_new.Remove(waiting))
            {
                waiting.SetException(new StorageBusyException());
            }
        }
    }

    private void GiveUp(WaitingLine line, WaitingRequest waiting, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (line.Remove(waiting))
            {
                waiting.TrySetCanceled(cancellationToken);
            }
        }
    }

    private long Send(NewWork? work)
    {
        work?.Begin();
        _inFlight++;
        return ++_sent;
    }

    private void SendWaiting()
    {
        while (!_isPaused && _inFlight < _window.Size && Next() is { } line)
        {
            TimeSpan wait = _rate.Take();
            if (wait > TimeSpan.Zero)
            {
                _isPaused = true;
                _ = GoOnAsync(wait);
                return;
            }

            _turn = line != _new && _new.Count > 0 ? _turn + 1 : 0;
            WaitingRequest next = line.Take();
            next.SetResult(Send(next.Work));
        }
    }

    // The line whose turn it is; null where no request waits.
    private WaitingLine? Next()
    {
        if (_renewals.Count > 0)
        {
            return _renewals;
        }

        bool isNew = _new.Count > 0 && (_underWay.Count == 0 || _turn >= UnderWayInTurn);
        return isNew ? _new : _underWay.Count > 0 ? _underWay : null;
    }

    private async Task GoOnAsync(TimeSpan wait)
    {
        await Task.Delay(wait, _time);
        lock (_lock)
        {
            _isPaused = false;
            SendWaiting();
        }
    }
}
