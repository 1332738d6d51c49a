using DurableSessions.Core.Identities;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Recall;

/// <summary>
/// What this host has sent in the last turns of each session, so that a client need not get it again. It is in memory alone: after a
/// restart, or on another host, it is sent once more, which costs tokens and nothing else.
/// </summary>
internal sealed class RecentlyRecalled(ILoggerFactory loggers) : IDisposable
{
    private const int MaxSessions = 10_000;

    private static readonly MemoryCacheEntryOptions s_options = new() { Size = 1, SlidingExpiration = TimeSpan.FromHours(6) };

    private readonly MemoryCache _sessions = new(new MemoryCacheOptions { SizeLimit = MaxSessions }, loggers);
    private readonly Lock _lock = new();

    /// <summary>What was sent in so many turns of a session, up to now.</summary>
    public IReadOnlySet<string> Find(SessionKey? session, int turns)
    {
        if (session is null || turns == 0 || !_sessions.TryGetValue(session, out Turns? known))
        {
            return new HashSet<string>();
        }

        lock (_lock)
        {
            return known!.Uris.TakeLast(turns).SelectMany(static u => u).ToHashSet(StringComparer.Ordinal);
        }
    }

    /// <summary>A turn of a session was answered.</summary>
    public void Add(SessionKey? session, IReadOnlyList<string> uris)
    {
        if (session is null)
        {
            return;
        }

        lock (_lock)
        {
            Turns turns = _sessions.GetOrCreate(session, static _ => new Turns(), s_options)!;
            turns.Uris.Enqueue(uris);
            while (turns.Uris.Count > ContextRequest.MaxTurns)
            {
                turns.Uris.Dequeue();
            }
        }
    }

    public void Dispose() => _sessions.Dispose();

    private sealed class Turns
    {
        public Queue<IReadOnlyList<string>> Uris { get; } = new();
    }
}
