using System.Text.RegularExpressions;
using DurableSessions.Core;
using DurableSessions.Core.Context;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;

namespace DurableSessions.Http.Files;

/// <summary>
/// Looks for patterns, line by line, in messages and in memories. It reads one archive after the other, and holds one message at a time.
/// Of all sessions it reads the newest messages first, and stops at a bound of archives, of sessions, of bytes and of time.
/// </summary>
/// <param name="store">Where they are.</param>
/// <param name="caller">Whose they are.</param>
/// <param name="actor">The peer for which the caller asks, who has no other peer's memories; <see langword="null"/>: all peers'.</param>
/// <param name="patterns">What to look for; a line that any of them fits is a match. Each has a time limit for one line.</param>
/// <param name="at">The field of the patterns.</param>
/// <param name="limit">The most matches; then it ends.</param>
/// <param name="time">The clock of the limit for all lines together.</param>
/// <param name="cost">Learns what is read; <see langword="null"/> where that is not limited.</param>
/// <param name="hold">Asked before messages are held.</param>
internal sealed class Grep(
    SessionStore store, Caller caller, string? actor, IReadOnlyList<Regex> patterns, Location at, int limit, TimeProvider time,
    RequestCost? cost, HoldBytes hold)
{
    private const int MaxContent = 2_000;
    private const int LinesBetweenLooks = 64;
    private const int MaxPeers = 100;

    // A session is switched so often at most while it is read; then what came last is left out.
    private const int MaxReadings = 4;

    // Of matching alone; what storage takes is not in it.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    private readonly List<GrepMatch> _matches = [];
    private TimeSpan _spent;
    private int _archives;
    private long _bytes;
    private bool _isCut;

    /// <summary>The most archives of one call.</summary>
    public int MaxArchives { get; init; } = 1_000;

    /// <summary>The most sessions of one call.</summary>
    public int MaxSessions { get; init; } = 1_000;

    /// <summary>Once so many bytes of messages of all sessions were read, it stops.</summary>
    public long MaxBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Once reading all sessions has taken so long, with what storage takes, it stops.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether there may be more matches than are returned.</summary>
    public bool IsTruncated => _isCut || IsFull;

    private bool IsFull => _matches.Count >= limit;

    /// <summary>The matches at a place and below it.</summary>
    /// <returns><see langword="null"/>: there is no such place, or nothing in it that can be read.</returns>
    public async Task<IReadOnlyList<GrepMatch>?> FindAsync(UserPath path, CancellationToken cancellationToken)
    {
        switch (path.Place)
        {
            case UserPlace.Session or UserPlace.History:
                return await TryReadSessionAsync(path.Session!, path.Place == UserPlace.Session, cancellationToken) ? _matches : null;
            case UserPlace.Home:
                await TryReadMemoriesAsync(path with { Place = UserPlace.Memories }, cancellationToken);
                await ReadPeersAsync(cancellationToken);
                await ReadSessionsAsync(cancellationToken);
                return _matches;
            case UserPlace.Sessions:
                await ReadSessionsAsync(cancellationToken);
                return _matches;
            case UserPlace.Peers:
                await ReadPeersAsync(cancellationToken);
                return _matches;
            case UserPlace.Peer:
                await TryReadMemoriesAsync(path with { Place = UserPlace.Memories }, cancellationToken);
                return _matches;
            case UserPlace.Archive:
            case UserPlace.ArchiveFile when path.File == UserPath.MessagesFile:
                return await TryReadArchiveAsync(path.Session!, path.Archive, cancellationToken) ? _matches : null;
            case UserPlace.Memories or UserPlace.Category or UserPlace.Profile or UserPlace.Memory:
                return await TryReadMemoriesAsync(path, cancellationToken) || path.Place != UserPlace.Memory ? _matches : null;
            default:
                return null;
        }
    }

    // In the order in which things were said; of too many archives the newest. What a commit archives meanwhile is read there.
    private async Task<bool> TryReadSessionAsync(SessionKey session, bool withLive, CancellationToken cancellationToken)
    {
        LiveMessages? live = await store.Sessions.FindLiveAsync(session, cancellationToken);
        if (live is null)
        {
            return false;
        }

        int number = Math.Max(live.ExpiredArchives, live.Archives - MaxArchives) + 1;
        _isCut = number > live.ExpiredArchives + 1;
        for (int reading = 1; live is not null; reading++)
        {
            for (; number <= live.Archives && !IsFull; number++)
            {
                cost?.Take(2);
                await TryReadArchiveAsync(session, number, cancellationToken);
            }

            if (!withLive || IsFull || await TryReadLiveAsync(session, live, cancellationToken))
            {
                break;
            }

            _isCut |= reading == MaxReadings;
            live = reading == MaxReadings ? null : await store.Sessions.FindLiveAsync(session, cancellationToken);
        }

        return true;
    }

    private async Task ReadSessionsAsync(CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        int left = MaxSessions;
        string? cursor = null;
        do
        {
            cost?.Take(1);
            SessionPage page = await store.Sessions.ListAsync(caller.Owner, SessionService.MaxPage, cursor, cancellationToken);
            foreach (SessionListItem session in page.Items)
            {
                _isCut |= left-- == 0 || IsSpent(began);
                if (_isCut)
                {
                    return;
                }

                cost?.Take(2);
                try
                {
                    await ReadNewestFirstAsync(caller.Owner.Session(session.SessionId), began, cancellationToken);
                }
                catch (Exception e) when (e is SessionNotFoundException or ArchiveNotFoundException)
                {
                    // Deleted, or expired, while it was read: what is older of it has gone with it.
                }
            }

            cursor = page.Cursor;
        }
        while (cursor is not null);
    }

    private async Task ReadNewestFirstAsync(SessionKey session, long began, CancellationToken cancellationToken)
    {
        LiveMessages? live = null;
        for (int reading = 1; reading <= MaxReadings; reading++)
        {
            live = await store.Sessions.FindLiveAsync(session, cancellationToken);
            if (live is null || await TryReadLiveAsync(session, live, cancellationToken))
            {
                break;
            }

            _isCut |= reading == MaxReadings;
        }

        for (int number = live?.Archives ?? 0; number > (live?.ExpiredArchives ?? 0); number--)
        {
            if (IsSpent(began))
            {
                _isCut = true;
                return;
            }

            cost?.Take(2);
            await TryReadArchiveAsync(session, number, cancellationToken);
        }
    }

    private bool IsSpent(long began) =>
        IsFull || _archives >= MaxArchives || _bytes >= MaxBytes || time.GetElapsedTime(began) > Longest;

    // False: a commit has archived them since, and none of them counts.
    private async Task<bool> TryReadLiveAsync(SessionKey session, LiveMessages live, CancellationToken cancellationToken)
    {
        int found = _matches.Count;
        int line = 0;
        int charged = RequestCost.Of(_bytes);
        await hold(RequestCost.TokenBytes, cancellationToken);
        try
        {
            await foreach (SessionMessage message in live.Messages.WithCancellation(cancellationToken))
            {
                line++;
                _bytes += message.Line.Length;
                await hold(Math.Max(RequestCost.TokenBytes, message.Line.Length), cancellationToken);
                if (RequestCost.Of(_bytes) is var due && due > charged)
                {
                    cost?.Take(due - charged);
                    charged = due;
                }

                foreach (string text in MessageText.Of(message))
                {
                    Add(Wire.SessionUri(session), text, _ => line, cancellationToken);
                }

                if (IsFull)
                {
                    break;
                }
            }

            return true;
        }
        catch (ContentionException)
        {
            _matches.RemoveRange(found, _matches.Count - found);
            return false;
        }
    }

    private async Task<bool> TryReadArchiveAsync(SessionKey session, int number, CancellationToken cancellationToken)
    {
        if (await UserFiles.FindArchiveAsync(store, session, number, cancellationToken) is not { } archive)
        {
            return false;
        }

        _archives++;
        _bytes += archive.Info.Counts.Bytes;
        cost?.Take(RequestCost.Of(archive.Info.Counts.Bytes));
        await hold(Math.Min(archive.Info.Counts.Bytes, MessageLimits.MaxAppendBytes), cancellationToken);
        string uri = $"{Wire.ArchiveUri(session, number)}/{UserPath.MessagesFile}";
        int line = 0;
        await foreach (SessionMessage message in archive.Messages.WithCancellation(cancellationToken))
        {
            line++;
            foreach (string text in MessageText.Of(message))
            {
                Add(uri, text, _ => line, cancellationToken);
            }

            if (IsFull)
            {
                break;
            }
        }

        return true;
    }

    private async Task ReadPeersAsync(CancellationToken cancellationToken)
    {
        cost?.Take(1);
        string[] peers =
            [.. (await store.Memories.ListPeersAsync(caller.Owner, cancellationToken)).Where(p => actor is null || actor == p)];
        _isCut |= peers.Length > MaxPeers;
        foreach (string peer in peers.Take(MaxPeers).TakeWhile(_ => !IsFull))
        {
            cost?.Take(1);
            await TryReadMemoriesAsync(new UserPath { Place = UserPlace.Memories, Peer = peer }, cancellationToken);
        }
    }

    // Returns whether there is any.
    private async Task<bool> TryReadMemoriesAsync(UserPath path, CancellationToken cancellationToken)
    {
        MemoryCategory? category = path.Place switch
        {
            UserPlace.Memories => null,
            UserPlace.Profile => MemoryCategory.Profile,
            _ => path.Category,
        };
        MemoryPage page = await store.Memories.ListAsync(
            caller.Owner, path.Peer, category, MemoryService.MaxPage, null, cancellationToken);
        bool isAny = false;
        foreach (MemoryInfo info in page.Items.Where(m => path.Place != UserPlace.Memory || m.Name == path.Name).TakeWhile(_ => !IsFull))
        {
            isAny = true;
            cost?.Take(1);

            // It may have been deleted since it was listed.
            if (await store.Memories.FindAsync(caller.Owner, info.Key, cancellationToken) is { } memory)
            {
                Add(Wire.MemoryUri(caller.User, info.Key), memory.Content, static index => index + 1, cancellationToken);
            }
        }

        return isAny;
    }

    private void Add(string uri, string text, Func<int, int> lineOf, CancellationToken cancellationToken)
    {
        int index = 0;
        long began = time.GetTimestamp();
        foreach (Range range in text.AsSpan().Split('\n'))
        {
            if (IsFull)
            {
                break;
            }

            if (index % LinesBetweenLooks == LinesBetweenLooks - 1)
            {
                CheckTime(began);
                cancellationToken.ThrowIfCancellationRequested();
            }

            ReadOnlySpan<char> line = text.AsSpan(range).TrimEnd('\r');
            if (Find(line) is { } start)
            {
                _matches.Add(new GrepMatch(uri, lineOf(index), Excerpt.Around(line, start, MaxContent / 4, MaxContent)));
            }

            index++;
        }

        CheckTime(began);
        _spent += time.GetElapsedTime(began);
    }

    private void CheckTime(long began)
    {
        if (_spent + time.GetElapsedTime(began) > s_longest)
        {
            throw TooSlow($"{s_longest.TotalSeconds} s on all lines");
        }
    }

    private int? Find(ReadOnlySpan<char> line)
    {
        foreach (Regex pattern in patterns)
        {
            try
            {
                foreach (ValueMatch match in pattern.EnumerateMatches(line))
                {
                    return match.Index;
                }
            }
            catch (RegexMatchTimeoutException)
            {
                throw TooSlow($"{pattern.MatchTimeout.TotalMilliseconds} ms on one line");
            }
        }

        return null;
    }

    private ApiException TooSlow(string limit) =>
        ApiException.Invalid(at, $"took more than {limit}; a simpler one, or fewer archives, are needed.", "pattern_timeout");
}
