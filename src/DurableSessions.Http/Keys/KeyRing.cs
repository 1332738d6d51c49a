using DurableSessions.Http.Errors;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Keys;

/// <summary>
/// The keys as this host knows them. They are looked after twice a minute while there are requests, with one conditional request, so that
/// a key that was added or revoked is known everywhere within a minute. Where storage cannot be asked, what is known holds to the end of
/// that minute and not longer: a key may have been revoked meanwhile.
/// </summary>
/// <param name="store">Holds the keys.</param>
/// <param name="time">Tells how old they are.</param>
public sealed class KeyRing(KeyStore store, TimeProvider time)
{
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Snapshot? _snapshot;
    private Task<Snapshot>? _refresh;
    private bool _isUnavailable;

    /// <summary>
    /// Whether requests need a key, as far as is known. Once true it stays true, whatever becomes of the blob: a server that may listen to
    /// everybody never stops asking.
    /// </summary>
    public bool HasKeys => _snapshot?.Set is not null;

    /// <summary>Reads the keys, as a host does before it serves, and after it has made sure that the container is there.</summary>
    /// <exception cref="Azure.RequestFailedException">Storage does not say which there are; also where the container is missing.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken) => _snapshot = await ReadAsync(cancellationToken);

    /// <summary>The keys; <see langword="null"/> where there never was one, and callers are believed.</summary>
    /// <param name="log">Gets the first look that fails, until one succeeds.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal async ValueTask<KeySet?> GetAsync(ILogger log, CancellationToken cancellationToken)
    {
        Snapshot? known = _snapshot;
        if (known is not null && time.GetElapsedTime(known.At) < RefreshAfter)
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

            if (known is not null && time.GetElapsedTime(known.At) < MaxAge)
            {
                return known.Set;
            }

            throw new ApiException(ApiError.Unavailable("The keys cannot be read from storage; try again."));
        }
    }

    /// <summary>The key that this is, as far as is known without asking; <see langword="null"/> where it is none.</summary>
    internal ApiKey? FindCached(string text) => _snapshot?.Set?.Find(text);

    private Task<Snapshot> SharedRefreshAsync()
    {
        lock (_gate)
        {
            return _refresh is { IsCompleted: false } refresh ? refresh : _refresh = RefreshAsync();
        }
    }

    private async Task<Snapshot> RefreshAsync()
    {
        using var limit = new CancellationTokenSource(ReadTimeout, time);
        return _snapshot = await ReadAsync(limit.Token);
    }

    private async Task<Snapshot> ReadAsync(CancellationToken cancellationToken)
    {
        long now = time.GetTimestamp();
        Snapshot? before = _snapshot;
        StoredKeys stored = await store.ReadAsync(before?.Stored, cancellationToken);
        KeySet? set = ReferenceEquals(stored, before?.Stored) ? before.Set
            : stored.Keys is { } keys ? new KeySet(keys)
            : before?.Set is not null ? new KeySet([])
            : null;
        return new Snapshot(stored, set, now);
    }

    private sealed record Snapshot(StoredKeys Stored, KeySet? Set, long At);
}
