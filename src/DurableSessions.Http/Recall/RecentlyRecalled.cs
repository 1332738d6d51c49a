using System.IO.Hashing;
using System.Text;
using DurableSessions.Core.Identities;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Recall;

/// <summary>
/// What this host has sent in the last turns of each session, so that a client need not get it again. It is in memory alone: after a
/// restart, or on another host, it is sent once more, which costs tokens and nothing else. So does what is forgotten where all sessions
/// together take more than <see cref="MaxBytes"/>.
/// </summary>
internal sealed class RecentlyRecalled(ILoggerFactory loggers) : IDisposable
{
    /// <summary>The bytes of all sessions, estimated.</summary>
    public const long MaxBytes = 16 * 1024 * 1024;

    private const int EntryBytes = 512;
    private const int MaxOfSession = 1_000;

    private static readonly TimeSpan s_kept = TimeSpan.FromHours(6);

    private readonly MemoryCache _sessions = new(new MemoryCacheOptions { SizeLimit = MaxBytes, TrackStatistics = true }, loggers);
    private readonly Lock _lock = new();

    /// <summary>The bytes that all sessions take now.</summary>
    public long Bytes => _sessions.GetCurrentStatistics()!.CurrentEstimatedSize!.Value;

    /// <summary>Whether a URI was sent in so many turns of a session, up to now.</summary>
    public Predicate<string> Find(SessionKey? session, int turns)
    {
        if (session is null || turns == 0 || !_sessions.TryGetValue(session, out ulong[][]? known))
        {
            return static _ => false;
        }

        HashSet<ulong> sent = [.. known!.TakeLast(turns).SelectMany(static u => u)];
        return uri => sent.Contains(Hash(uri));
    }

    /// <summary>A turn of a session was answered.</summary>
    /// <param name="session">The session; <see langword="null"/>: none is counted.</param>
    /// <param name="turns">In so many turns nothing is sent twice; 0: none is counted.</param>
    /// <param name="uris">What was sent.</param>
    public void Add(SessionKey? session, int turns, IEnumerable<string> uris)
    {
        if (session is null || turns == 0)
        {
            return;
        }

        ulong[] hashes = [.. uris.Select(Hash)];
        lock (_lock)
        {
            ulong[][] before = _sessions.Get<ulong[][]>(session) ?? [];
            var kept = new Stack<ulong[]>([hashes]);
            int count = hashes.Length;
            foreach (ulong[] turn in before.Reverse().Take(ContextRequest.MaxTurns - 1))
            {
                count += turn.Length;
                if (count > MaxOfSession)
                {
                    break;
                }

                kept.Push(turn);
            }

            long bytes = EntryBytes + (kept.Count * 32L) + kept.Sum(static t => sizeof(ulong) * (long)t.Length);
            _sessions.Set(session, kept.ToArray(), new MemoryCacheEntryOptions { Size = bytes, SlidingExpiration = s_kept });
        }
    }

    public void Dispose() => _sessions.Dispose();

    private static ulong Hash(string uri) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(uri));
}
