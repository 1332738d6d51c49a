using System.Text;
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

/// <summary>The texts at the places of one user.</summary>
/// <param name="store">Where they are.</param>
/// <param name="caller">Whose they are.</param>
/// <param name="cost">Learns what is read of archives; <see langword="null"/> where that is not limited.</param>
/// <param name="hold">Asked before an archive's messages are held.</param>
internal sealed class UserFiles(SessionStore store, Caller caller, RequestCost? cost, HoldBytes hold)
{
    /// <summary>The most bytes of archives' messages that are sent as text in one answer.</summary>
    public const int MaxArchiveBytes = 8 * 1024 * 1024;

    private const int CharactersOfAToken = 4;

    private long _bytes;

    /// <summary>
    /// The text of a file, of an archive as a whole, or of a session as an agent reads it; <see langword="null"/>: there is none.
    /// </summary>
    /// <exception cref="ApiException">The messages of an archive have more than <see cref="MaxArchiveBytes"/>.</exception>
    public async Task<string?> FindTextAsync(UserPath path, CancellationToken cancellationToken) => path.Place switch
    {
        UserPlace.Memory => (await FindMemoryAsync(path.Memory, cancellationToken))?.Content,
        UserPlace.Profile => await FindProfileAsync(path.Peer, cancellationToken),
        UserPlace.Session => await FindSessionAsync(path.Session!, cancellationToken),
        UserPlace.Archive => await FindArchiveAsync(path, ConversationAsync, cancellationToken),
        UserPlace.ArchiveFile when path.File == Wire.MemoryDiffFile => await FindDiffAsync(path.Session!, path.Archive, cancellationToken),
        UserPlace.ArchiveFile when path.File == UserPath.MessagesFile => await FindArchiveAsync(path, LinesAsync, cancellationToken),
        UserPlace.ArchiveFile when path.File == UserPath.AbstractFile => await FindAbstractAsync(path, cancellationToken),
        UserPlace.ArchiveFile => await FindOverviewAsync(path, cancellationToken),
        _ => null,
    };

    /// <summary>The line that stands for a memory, an archive, or the newest archive of a session.</summary>
    public async Task<string?> FindAbstractAsync(UserPath path, CancellationToken cancellationToken) => path.Place switch
    {
        UserPlace.Memory => (await FindMemoryAsync(path.Memory, cancellationToken))?.Info.Abstract,
        UserPlace.Archive or UserPlace.ArchiveFile or UserPlace.Session or UserPlace.History =>
            (await FindArchiveAsync(path, cancellationToken))?.Info is { Abstract: { Length: > 0 } line } ? line : null,
        _ => null,
    };

    /// <summary>The overview of an archive, or of the newest archive of a session.</summary>
    public async Task<string?> FindOverviewAsync(UserPath path, CancellationToken cancellationToken) => path.Place switch
    {
        UserPlace.Archive or UserPlace.ArchiveFile or UserPlace.Session or UserPlace.History =>
            (await FindArchiveAsync(path, cancellationToken))?.Info is { Overview: { Length: > 0 } overview } ? overview : null,
        _ => null,
    };

    /// <summary>An archive of a session.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="session">The session.</param>
    /// <param name="number">Which archive; 0: the newest.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns><see langword="null"/>: there is no such session, or no such archive.</returns>
    public static async Task<Archive?> FindArchiveAsync(
        SessionStore store, SessionKey session, int number, CancellationToken cancellationToken)
    {
        try
        {
            number = number != 0 ? number
                : (await store.Archives.ListAsync(session, 1, null, cancellationToken)) is [{ } newest] ? newest.Number
                : 0;
            return number == 0 ? null : await store.Archives.GetAsync(session, number, cancellationToken);
        }
        catch (Exception e) when (e is SessionNotFoundException or ArchiveNotFoundException)
        {
            return null;
        }
    }

    private Task<Archive?> FindArchiveAsync(UserPath path, CancellationToken cancellationToken) =>
        FindArchiveAsync(store, path.Session!, path.Archive, cancellationToken);

    private Task<Memory?> FindMemoryAsync(MemoryKey memory, CancellationToken cancellationToken) =>
        store.Memories.FindAsync(caller.Owner, memory, cancellationToken);

    // A plugin asks for one file of who the user is.
    private async Task<string?> FindProfileAsync(string? peer, CancellationToken cancellationToken)
    {
        MemoryPage all = await store.Memories.ListAsync(
            caller.Owner, peer, MemoryCategory.Profile, MemoryService.MaxPage, null, cancellationToken);
        await hold(all.Items.Sum(static m => m.Tokens) * CharactersOfAToken * sizeof(char), cancellationToken);
        var contents = new List<string>();
        foreach (MemoryInfo info in all.Items)
        {
            cost?.Take(1);
            if (await FindMemoryAsync(info.Key, cancellationToken) is { } memory)
            {
                contents.Add(memory.Content.Trim());
            }
        }

        return contents.Count == 0 ? null : string.Join("\n\n", contents);
    }

    // What an agent reads of it: an overview of the archives, their newest messages, and what none covers.
    private async Task<string?> FindSessionAsync(SessionKey session, CancellationToken cancellationToken)
    {
        try
        {
            ReadBytes? read = cost is null ? null : (bytes, _) => Take(bytes);
            SessionContext context = await store.Sessions.ReadContextAsync(
                session, MaxArchiveBytes / CharactersOfAToken, query: null, includeMemories: false, hold, read, cancellationToken);
            var text = new StringBuilder();
            if (context.Overview.Length > 0)
            {
                text.Append(context.Overview.TrimEnd()).Append("\n\n");
            }

            foreach (ReadOnlyMemory<byte> line in context.Recalled.Concat(context.Messages))
            {
                Conversation.AppendTo(text, SessionMessage.Parse(line));
            }

            return text.ToString();
        }
        catch (SessionNotFoundException)
        {
            return null;
        }

        ValueTask Take(long bytes)
        {
            cost!.Take(RequestCost.Of(bytes));
            return ValueTask.CompletedTask;
        }
    }

    private async Task<string?> FindDiffAsync(SessionKey session, int archive, CancellationToken cancellationToken)
    {
        try
        {
            return await store.Memories.FindDiffAsync(session, archive, cancellationToken) is { } diff
                ? MemoryDiffFile.Write(session, archive, diff)
                : null;
        }
        catch (SessionNotFoundException)
        {
            return null;
        }
    }

    private async Task<string?> FindArchiveAsync(
        UserPath path, Func<Archive, StringBuilder, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        if (await FindArchiveAsync(path, cancellationToken) is not { } archive)
        {
            return null;
        }

        long bytes = archive.Info.Counts.Bytes;
        _bytes += bytes;
        if (_bytes > MaxArchiveBytes)
        {
            throw new ApiException(ApiError.TooLarge(
                $"Messages in one answer, {bytes} bytes of them in {Wire.ArchiveUri(path.Session!, path.Archive)}, which "
                + $"GET /api/v1/sessions/{path.Session!.Id}/archives/{Wire.ArchiveId(path.Archive)} reads",
                MaxArchiveBytes));
        }

        cost?.Take(RequestCost.Of(bytes));

        // As text, as it grows, and as it is sent.
        await hold(2 * sizeof(char) * _bytes, cancellationToken);
        var text = new StringBuilder();
        await write(archive, text, cancellationToken);
        return text.ToString();
    }

    private static async Task LinesAsync(Archive archive, StringBuilder text, CancellationToken cancellationToken)
    {
        await foreach (SessionMessage message in archive.Messages.WithCancellation(cancellationToken))
        {
            text.Append(Encoding.UTF8.GetString(message.Line.Span)).Append('\n');
        }
    }

    private static async Task ConversationAsync(Archive archive, StringBuilder text, CancellationToken cancellationToken)
    {
        if (archive.Info.Overview.Length > 0)
        {
            text.Append(archive.Info.Overview.TrimEnd()).Append("\n\n");
        }

        await foreach (SessionMessage message in archive.Messages.WithCancellation(cancellationToken))
        {
            Conversation.AppendTo(text, message);
        }
    }
}
