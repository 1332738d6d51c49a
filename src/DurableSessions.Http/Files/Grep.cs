using System.Text.RegularExpressions;
using DurableSessions.Core;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Context;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;

namespace DurableSessions.Http.Files;

/// <summary>
/// Looks for patterns, line by line, in the messages of a session's archives, and in memories. It reads one archive after the other, and
/// holds one message at a time.
/// </summary>
/// <param name="store">Where they are.</param>
/// <param name="caller">Whose they are.</param>
/// <param name="patterns">What to look for; a line that any of them fits is a match. Each has a time limit for one line.</param>
/// <param name="at">The field of the patterns.</param>
/// <param name="limit">The most matches; then it ends.</param>
/// <param name="time">The clock of the limit for all lines together.</param>
/// <param name="cost">Learns what is read; <see langword="null"/> where that is not limited.</param>
/// <param name="hold">Asked before messages are held.</param>
internal sealed class Grep(
    SessionStore store, Caller caller, IReadOnlyList<Regex> patterns, Location at, int limit, TimeProvider time, RequestCost? cost,
    HoldBytes hold)
{
    /// <summary>The most archives of one call.</summary>
    public const int MaxArchives = 1_000;

    private const int MaxContent = 2_000;
    private const int LinesBetweenLooks = 64;

    // Of matching alone; what storage takes is not in it.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    private readonly List<GrepMatch> _matches = [];
    private TimeSpan _spent;
    private bool _isCut;

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
                return await TryReadSessionAsync(path.Session!, cancellationToken) ? _matches : null;
            case UserPlace.Archive:
            case UserPlace.ArchiveFile when path.File == UserPath.MessagesFile:
                return await TryReadArchiveAsync(path.Session!, path.Archive, cancellationToken) ? _matches : null;
            case UserPlace.Memories or UserPlace.Category or UserPlace.Profile or UserPlace.Memory:
                return await TryReadMemoriesAsync(path, cancellationToken) || path.Place != UserPlace.Memory ? _matches : null;
            default:
                return null;
        }
    }

    // In the order in which things were said; of too many archives the newest.
    private async Task<bool> TryReadSessionAsync(SessionKey session, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<ArchiveInfo> newest = await store.Archives.ListAsync(session, 1, null, cancellationToken);
            int count = newest is [{ } last] ? last.Number : 0;
            _isCut = count > MaxArchives;
            for (int number = Math.Max(1, count - MaxArchives + 1); number <= count && !IsFull; number++)
            {
                cost?.Take(2);
                await TryReadArchiveAsync(session, number, cancellationToken);
            }

            return true;
        }
        catch (SessionNotFoundException)
        {
            return false;
        }
    }

    private async Task<bool> TryReadArchiveAsync(SessionKey session, int number, CancellationToken cancellationToken)
    {
        if (await UserFiles.FindArchiveAsync(store, session, number, cancellationToken) is not { } archive)
        {
            return false;
        }

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
