using Azure;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Http.Keys;

/// <summary>
/// This host's cache of the API keys. It is refreshed twice a minute while requests arrive, with one conditional request, so that every
/// host sees an added or revoked key within a minute. While storage is unavailable, the cached keys are valid to the end of that minute
/// and not longer: a key may have been revoked meanwhile.
/// </summary>
/// <remarks>
/// While a request with a key has not ended, the cache is refreshed by a timer too, so that a request ends within 30 seconds after its key
/// was revoked or has expired. While storage is unavailable such a request goes on until its key has expired: its key was valid when it
/// began, and the refresh is tried again every 5 seconds.
/// </remarks>
public sealed class KeyRing : IDisposable
{
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly KeyStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly KeyAudit? _audit;
    private readonly Lock _gate = new();
    private Snapshot? _snapshot;
    private Task<Snapshot>? _refresh;
    private bool _isUnavailable;

    /// <summary>Creates a cache that is empty: see <see cref="LoadAsync"/>.</summary>
    /// <param name="store">The keys in storage.</param>
    /// <param name="time">Measures the age of the cache, and says whether a key has expired.</param>
    /// <param name="logger">Logs a container that cannot be marked as one that has keys.</param>
    /// <param name="audit">Learns what has changed, from the first refresh on.</param>
    public KeyRing(KeyStore store, TimeProvider time, ILogger<KeyRing>? logger = null, KeyAudit? audit = null)
    {
        _store = store;
        _time = time;
        _logger = logger ?? NullLogger<KeyRing>.Instance;
        _audit = audit;
        Open = new OpenKeys(time, CheckOpenAsync, () => UntilRefresh);
    }

    /// <summary>
    /// Whether requests need a key. Once true it stays true, even if the blob is deleted: a server that may listen on a public address
    /// never stops authenticating.
    /// </summary>
    public bool HasKeys => _snapshot?.Set is not null;

    /// <summary>
    /// Whether the container has had keys and their blob is not there. <see cref="HasKeys"/> is true then, and every request is refused.
    /// </summary>
    public bool AreMissing => _snapshot?.Stored.AreMissing ?? false;

    /// <summary>The keys of requests that have not ended.</summary>
    internal OpenKeys Open { get; }

    // A timer may be early by less than its resolution.
    private TimeSpan UntilRefresh =>
        _snapshot is { } known && RefreshAfter - _time.GetElapsedTime(known.At) is { Ticks: > 0 } left
            ? left + TimeSpan.FromMilliseconds(1)
            : RetryAfter;

    /// <summary>
    /// Reads the keys, and marks a container that has keys from before there were marks. A host calls it before it serves, and after it
    /// has created the container.
    /// </summary>
    /// <exception cref="RequestFailedException">Storage is unavailable, or the container does not exist.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        _snapshot = await ReadAsync(cancellationToken);
        if (_snapshot.Stored.Keys is null)
        {
            return;
        }

        try
        {
            await _store.MarkAsync(cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == 403)
        {
            // Its credentials may read and write blobs alone. It authenticates all the same.
            Log.KeysNotMarked(_logger, e);
        }
    }

    /// <summary>The keys; <see langword="null"/> while no key was ever created, and requests are not authenticated.</summary>
    /// <param name="log">Logs the first refresh that fails; the next entry follows only after a refresh has succeeded.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal async ValueTask<KeySet?> GetAsync(ILogger log, CancellationToken cancellationToken)
    {
        Snapshot? known = _snapshot;
        if (known is not null && _time.GetElapsedTime(known.At) < RefreshAfter)
        {
            return known.Set;
        }

        try
        {
            KeySet? set = (await SharedRefreshAsync().WaitAsync(cancellationToken)).Set;
            _isUnavailable = false;
            return set;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (!Interlocked.Exchange(ref _isUnavailable, true))
            {
                Log.KeysUnavailable(log, e, MaxAge.TotalSeconds);
            }

            if (known is not null && _time.GetElapsedTime(known.At) < MaxAge)
            {
                return known.Set;
            }

            throw new ApiException(ApiError.Unavailable("The keys cannot be read from storage; try again."));
        }
    }

    /// <summary>The cached key that a request presents; <see langword="null"/> where it presents no valid key. Asks no storage.</summary>
    internal ApiKey? FindCached(HttpRequest request) =>
        PresentedKey.Of(request) is { } text && _snapshot?.Set?.Find(text) is { } key && !IsExpired(key) ? key : null;

    /// <summary>Whether a key has expired by this host's clock, however old the cache is.</summary>
    internal bool IsExpired(ApiKey key) => key.IsExpired(_time.GetUtcNow());

    /// <summary>Stops the timer.</summary>
    public void Dispose() => Open.Dispose();

    private async Task CheckOpenAsync()
    {
        try
        {
            await SharedRefreshAsync();
            _isUnavailable = false;
        }
        catch (Exception e)
        {
            if (!Interlocked.Exchange(ref _isUnavailable, true))
            {
                Log.KeysUnavailable(_logger, e, MaxAge.TotalSeconds);
            }

            // That a key has expired is known all the same.
            if (_snapshot?.Set is { } known)
            {
                Open.EndInvalid(known, _time.GetUtcNow());
            }
        }

        Open.Continue();
    }

    private Task<Snapshot> SharedRefreshAsync()
    {
        lock (_gate)
        {
            return _refresh is { IsCompleted: false } refresh ? refresh : _refresh = RefreshAsync();
        }
    }

    private async Task<Snapshot> RefreshAsync()
    {
        using var limit = new CancellationTokenSource(ReadTimeout, _time);
        Snapshot? before = _snapshot;
        Snapshot now = await ReadAsync(limit.Token);
        _snapshot = now;
        _audit?.Compare(before?.Set, before?.Time ?? default, now.Set, now.Time);
        if (now.Set is not null)
        {
            Open.EndInvalid(now.Set, now.Time);
        }

        return now;
    }

    private async Task<Snapshot> ReadAsync(CancellationToken cancellationToken)
    {
        long now = _time.GetTimestamp();
        Snapshot? before = _snapshot;
        StoredKeys stored = await _store.ReadAsync(before?.Stored, cancellationToken);
        KeySet? set = ReferenceEquals(stored, before?.Stored) ? before.Set
            : stored.Keys is { } keys ? new KeySet(keys)
            : stored.AreMissing || before?.Set is not null ? new KeySet([])
            : null;
        return new Snapshot(stored, set, now, _time.GetUtcNow());
    }

    private sealed record Snapshot(StoredKeys Stored, KeySet? Set, long At, DateTimeOffset Time);
}
