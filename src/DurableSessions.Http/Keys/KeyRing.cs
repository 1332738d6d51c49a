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
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HoldsFor = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Known? _known;
    private Task<Known>? _looking;
    private bool _isAway;

    /// <summary>
    /// Whether requests need a key, as far as is known. Once true it stays true, whatever becomes of the blob: a server that may listen to
    /// everybody never stops asking.
    /// </summary>
    public bool HasKeys => _known?.Set is not null;

    /// <summary>Reads the keys, as a host does before it serves, and after it has made sure that the container is there.</summary>
    /// <exception cref="Azure.RequestFailedException">Storage does not say which there are; also where the container is missing.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken) => _known = await LookAsync(cancellationToken);

    /// <summary>The keys; <see langword="null"/> where there never was one, and callers are believed.</summary>
    /// <param name="log">Gets the first look that fails, until one succeeds.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal async ValueTask<KeySet?> GetAsync(ILogger log, CancellationToken cancellationToken)
    {
        Known? known = _known;
        if (known is not null && time.GetElapsedTime(known.At) < LookAfter)
        {
            return known.Set;
        }

        try
        {
            KeySet? set = (await SharedLook().WaitAsync(cancellationToken)).Set;
            _isAway = false;
            return set;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (!Interlocked.Exchange(ref _isAway, true))
            {
                Log.KeysUnavailable(log, e, HoldsFor.TotalSeconds);
            }

            if (known is not null && time.GetElapsedTime(known.At) < HoldsFor)
            {
                return known.Set;
            }

            throw new ApiException(ApiError.Unavailable("The keys cannot be read from storage; try again."));
        }
    }

    /// <summary>The key that this is, as far as is known without asking; <see langword="null"/> where it is none.</summary>
    internal ApiKey? Peek(string text) => _known?.Set?.Find(text);

    private Task<Known> SharedLook()
    {
        lock (_gate)
        {
            return _looking is { IsCompleted: false } looking ? looking : _looking = LookAndKeepAsync();
        }
    }

    private async Task<Known> LookAndKeepAsync()
    {
        using var limit = new CancellationTokenSource(Patience, time);
        return _known = await LookAsync(limit.Token);
    }

    private async Task<Known> LookAsync(CancellationToken cancellationToken)
    {
        long now = time.GetTimestamp();
        Known? before = _known;
        StoredKeys stored = await store.ReadAsync(before?.Stored, cancellationToken);
        KeySet? set = ReferenceEquals(stored, before?.Stored) ? before.Set
            : stored.Keys is { } keys ? new KeySet(keys)
            : before?.Set is not null ? new KeySet([])
            : null;
        return new Known(stored, set, now);
    }

    private sealed record Known(StoredKeys Stored, KeySet? Set, long At);
}
