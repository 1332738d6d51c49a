using DurableSessions.Http.Audit;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Keys;

/// <summary>
/// The keys of all requests that have not ended. There are no more of them than requests. A timer runs while there is one, and stands
/// still otherwise.
/// </summary>
internal sealed class OpenKeys : IDisposable
{
    private readonly Dictionary<string, OpenKey> _byId = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly Func<TimeSpan> _due;
    private readonly ITimer _timer;
    private int _requests;

    /// <param name="time">The clock of the timer.</param>
    /// <param name="check">What the timer runs; it sets the timer again by <see cref="Continue"/>.</param>
    /// <param name="due">When it is to run next, from now.</param>
    public OpenKeys(TimeProvider time, Func<Task> check, Func<TimeSpan> due)
    {
        _due = due;
        _timer = time.CreateTimer(_ => _ = check(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The requests that have not ended.</summary>
    public int Requests
    {
        get
        {
            lock (_gate)
            {
                return _requests;
            }
        }
    }

    /// <summary>Begins a request with a key; <see cref="Release"/> ends it.</summary>
    public OpenKey Hold(ApiKey key)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(key.Id, out OpenKey? open))
            {
                _byId[key.Id] = open = new OpenKey(key.Id);
            }

            open.Requests++;
            if (_requests++ == 0)
            {
                _timer.Change(_due(), Timeout.InfiniteTimeSpan);
            }

            return open;
        }
    }

    /// <summary>Ends a request.</summary>
    public void Release(OpenKey open)
    {
        lock (_gate)
        {
            if (--_requests == 0)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            if (--open.Requests > 0)
            {
                return;
            }

            if (_byId.TryGetValue(open.Id, out OpenKey? known) && known == open)
            {
                _byId.Remove(open.Id);
            }
        }

        open.Dispose();
    }

    /// <summary>Sets the timer again, where a request is left.</summary>
    public void Continue()
    {
        lock (_gate)
        {
            if (_requests > 0)
            {
                _timer.Change(_due(), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Ends the requests with keys that are none any more, or have expired.</summary>
    /// <param name="keys">The keys there are.</param>
    /// <param name="now">The host's time.</param>
    public void EndInvalid(KeySet keys, DateTimeOffset now)
    {
        var ended = new List<(OpenKey Key, ApiError Error)>();
        lock (_gate)
        {
            foreach (OpenKey open in _byId.Values)
            {
                ApiError? error = keys.FindById(open.Id) is not { } key
                    ? ApiError.Unauthenticated("The key was revoked while the request was answered.", RefusalReason.RevokedKey)
                    : key.IsExpired(now)
                        ? ApiError.Unauthenticated("The key has expired while the request was answered.", RefusalReason.ExpiredKey)
                        : null;
                if (error is not null)
                {
                    // Held until it is cancelled, so that the last of its requests does not dispose it before.
                    open.Requests++;
                    _requests++;
                    ended.Add((open, error));
                }
            }

            ended.ForEach(e => _byId.Remove(e.Key.Id));
        }

        foreach ((OpenKey key, ApiError error) in ended)
        {
            _ = EndAsync(key, error);
        }
    }

    public void Dispose() => _timer.Dispose();

    private async Task EndAsync(OpenKey key, ApiError error)
    {
        try
        {
            await key.EndAsync(error);
        }
        finally
        {
            Release(key);
        }
    }
}
