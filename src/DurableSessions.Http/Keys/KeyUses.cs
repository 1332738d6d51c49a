using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Keys;

/// <summary>
/// Notes in storage on which days keys are used: once for each key and UTC day on this host, in the background, so that no request waits.
/// A use is lost where the host ends before it is noted; where storage refuses, the next request with the key notes it again.
/// </summary>
internal sealed class KeyUses(KeyStore store, TimeProvider time, ILogger<KeyUses> logger) : BackgroundService
{
    /// <summary>How many uses wait to be noted; one more is noted by a later request.</summary>
    public const int MaxWaiting = 256;

    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(10);

    private readonly Channel<string> _waiting = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly ConcurrentDictionary<string, DateOnly> _noted = new(StringComparer.Ordinal);
    private bool _isFailing;

    /// <summary>Has this day's use of a key noted, where it is not yet.</summary>
    /// <param name="key">A key that a request has been authenticated by.</param>
    public void Note(ApiKey key)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        bool isKnown = _noted.TryGetValue(key.Id, out DateOnly day);
        if (isKnown && day == today)
        {
            return;
        }

        if (_noted.Count >= KeyStore.MaxKeys)
        {
            // Keys that were revoked are among them. The others are noted once more on this day.
            _noted.Clear();
            isKnown = false;
        }

        bool isFirst = isKnown ? _noted.TryUpdate(key.Id, today, day) : _noted.TryAdd(key.Id, today);
        if (isFirst && !_waiting.Writer.TryWrite(key.Id))
        {
            _noted.TryRemove(key.Id, out _);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (string id in _waiting.Reader.ReadAllAsync(stoppingToken))
        {
            using var limit = new CancellationTokenSource(WriteTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
            try
            {
                await store.NoteUseAsync(id, either.Token);
                _isFailing = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                _noted.TryRemove(id, out _);
                if (!_isFailing)
                {
                    _isFailing = true;
                    Log.KeyUseNotNoted(logger, e, id);
                }
            }
        }
    }
}
