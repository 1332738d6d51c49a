namespace DurableSessions.Testing;

/// <summary>A clock that stands until it is advanced, always to the next timer that is due.</summary>
/// <param name="from">What it says until then; <see cref="Start"/>, where null.</param>
public sealed class SimulatedTime(DateTimeOffset? from = null) : TimeProvider
{
    /// <summary>When every simulation begins.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<(Timer Timer, long Version), (DateTimeOffset Due, long Number)> _due = new();
    private DateTimeOffset _now = from ?? Start;
    private long _numbers;
    private long _timestamps;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    /// <summary>Another one each time: what is drawn from it differs, and is the same in the same run.</summary>
    public override long GetTimestamp() => GetUtcNow().UtcTicks + Interlocked.Increment(ref _timestamps);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Goes on to the next timer, and queues what it calls. False: no timer is due within that time.</summary>
    internal bool Advance(TimeSpan within)
    {
        lock (_gate)
        {
            while (_due.TryPeek(out (Timer Timer, long Version) next, out (DateTimeOffset Due, long Number) at))
            {
                bool isSet = next.Timer.IsSet(next.Version);
                if (isSet && at.Due > _now + within)
                {
                    return false;
                }

                _due.Dequeue();
                if (isSet)
                {
                    // First, because its next period begins then.
                    _now = at.Due > _now ? at.Due : _now;
                    next.Timer.Fire();
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Goes on by so much, and queues what the timers call whose time comes.</summary>
    internal void Elapse(TimeSpan time)
    {
        DateTimeOffset until = GetUtcNow() + time;
        while (Advance(until - GetUtcNow()))
        {
        }

        lock (_gate)
        {
            _now = until;
        }
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA2213", Justification = "A captured context is its callers' too.")]
    private sealed class Timer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private TimeSpan _period;
        private long _version;
        private bool _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                if (_disposed)
                {
                    return false;
                }

                _version++;
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Add(dueTime);
                }

                return true;
            }
        }

        public bool IsSet(long version) => !_disposed && version == _version;

        // Its time has come; the caller holds the clock's gate.
        public void Fire()
        {
            ThreadPool.UnsafeQueueUserWorkItem(static t => t.Call(), this, preferLocal: false);
            if (_period > TimeSpan.Zero && _period != Timeout.InfiniteTimeSpan)
            {
                Add(_period);
            }
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                _disposed = true;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Add(TimeSpan wait) => time._due.Enqueue((this, _version), (time._now + wait, ++time._numbers));

        private void Call()
        {
            if (_context is null)
            {
                callback(state);
            }
            else
            {
                ExecutionContext.Run(_context, static t => ((Timer)t!).Invoke(), this);
            }
        }

        private void Invoke() => callback(state);
    }
}
