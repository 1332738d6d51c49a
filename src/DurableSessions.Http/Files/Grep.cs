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
/// Looks for a pattern, line by line, in the messages of a session's archives, and in memories. It reads one archive after the other, and
/// holds one message at a time.
/// </summary>
/// <param name="store">Where they are.</param>
/// <param name="caller">Whose they are.</param>
/// <param name="pattern">What to look for; its matches have a time limit.</param>
/// <param name="at">The field of the pattern.</param>
/// <param name="limit">The most matches; then it ends.</param>
/// <param name="cost">Learns what is read; <see langword="null"/> where that is not limited.</param>
/// <param name="hold">Asked before messages are held.</param>
internal sealed class Grep(
    SessionStore store, Caller caller, Regex pattern, Location at, int limit, RequestCost? cost, HoldBytes hold)
{
    private const int MaxContent = 2_000;

    private readonly List<GrepMatch> _matches = [];

    /// <summary>Whether there may be more matches than are returned.</summary>
    public bool IsFull => _matches.Count >= limit;

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
                await ReadMemoriesAsync(path, cancellationToken);
                bool isNowhere = path.Place == UserPlace.Memory && _matches.Count == 0 && !await IsThereAsync(path, cancellationToken);
                return isNowhere ? null : _matches;
            default:
                return null;
        }
    }

    // In the order in which things were said.
    private async Task<bool> TryReadSessionAsync(SessionKey session, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<ArchiveInfo> newest = await store.Archives.ListAsync(session, 1, null, cancellationToken);
            int count = newest is [{ } last] ? last.Number : 0;
            for (int number = 1; number <= count && !IsFull; number++)
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
        Archive archive;
        try
        {
            archive = await store.Archives.GetAsync(session, number, cancellationToken);
        }
        catch (Exception e) when (e is SessionNotFoundException or ArchiveNotFoundException)
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
                Add(uri, text, _ => line);
            }

            if (IsFull)
            {
                break;
            }
        }

        return true;
    }

    private async Task ReadMemoriesAsync(UserPath path, CancellationToken cancellationToken)
    {
        MemoryCategory? category = path.Place switch
        {
            UserPlace.Memories => null,
            UserPlace.Profile => MemoryCategory.Profile,
            _ => path.Category,
        };
        MemoryPage page = await store.Memories.ListAsync(caller.Owner, category, MemoryService.MaxPage, null, cancellationToken);
        foreach (MemoryInfo info in page.Items.Where(m => path.Place != UserPlace.Memory || m.Name == path.Name).TakeWhile(_ => !IsFull))
        {
            cost?.Take(1);
            try
            {
                Memory memory = await store.Memories.GetAsync(caller.Owner, info.Category, info.Name, cancellationToken);
                Add(Wire.MemoryUri(caller.User, info.Category, info.Name), memory.Content, static index => index + 1);
            }
            catch (MemoryNotFoundException)
            {
                // Deleted since it was listed.
            }
        }
    }

    private async Task<bool> IsThereAsync(UserPath path, CancellationToken cancellationToken) =>
        (await store.Memories.ListAsync(caller.Owner, path.Category, MemoryService.MaxPage, null, cancellationToken))
            .Items.Any(m => m.Name == path.Name);

    private void Add(string uri, string text, Func<int, int> lineOf)
    {
        int index = 0;
        foreach (ReadOnlySpan<char> range in text.AsSpan().EnumerateLines())
        {
            if (IsFull)
            {
                return;
            }

            if (Find(range) is { } start)
            {
                _matches.Add(new GrepMatch(uri, lineOf(index), Around(range, start)));
            }

            index++;
        }
    }

    private int? Find(ReadOnlySpan<char> line)
    {
        try
        {
            foreach (ValueMatch match in pattern.EnumerateMatches(line))
            {
                return match.Index;
            }

            return null;
        }
        catch (RegexMatchTimeoutException)
        {
            throw ApiException.Invalid(
                at, $"took more than {pattern.MatchTimeout.TotalMilliseconds} ms on one line; a simpler one is needed.", "pattern_timeout");
        }
    }

    private static string Around(ReadOnlySpan<char> line, int match)
    {
        if (line.Length <= MaxContent)
        {
            return line.ToString();
        }

        int start = Math.Clamp(match - (MaxContent / 4), 0, line.Length - MaxContent);
        start += start > 0 && char.IsLowSurrogate(line[start]) ? 1 : 0;
        int end = Math.Min(line.Length, start + MaxContent);
        end -= end < line.Length && char.IsHighSurrogate(line[end - 1]) ? 1 : 0;
        return line[start..end].ToString();
    }
}
