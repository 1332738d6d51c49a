using DurableSessions.Core;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;

namespace DurableSessions.Http.Files;

/// <summary>
/// Lists a folder of one user. Recursively it goes down the memories, and one session's archives, but not from the list of all sessions
/// into each of them.
/// </summary>
/// <param name="store">Where they are.</param>
/// <param name="caller">Whose they are.</param>
/// <param name="actor">The peer for which the caller asks; <see langword="null"/>: none is named, and those of all are listed.</param>
/// <param name="cost">Learns what is read beside the first requests; <see langword="null"/> where that is not limited.</param>
/// <param name="limit">The most entries; one more is asked for, so that the caller learns of it.</param>
internal sealed class FileListing(SessionStore store, Caller caller, string? actor, RequestCost? cost, int limit)
{
    private const int ArchivesAtATime = 8;
    private const int RequestsOfAnArchive = 2;

    private readonly List<FileEntry> _entries = [];

    private bool IsFull => _entries.Count > limit;

    /// <summary>The entries of a folder, one more than the limit at most; <see langword="null"/>: there is no such folder.</summary>
    public async Task<IReadOnlyList<FileEntry>?> ListAsync(VikingUri uri, bool isRecursive, CancellationToken cancellationToken)
    {
        if (uri.IsAboveOwn)
        {
            _entries.Add(uri.Path.Length == 0
                ? new FileEntry("user", "viking://user", IsFolder: true)
                : new FileEntry(caller.User, $"viking://user/{caller.User}", IsFolder: true));
            return _entries;
        }

        // Plugins list resources and skills, of which this service has none, at each start.
        if (uri.Own is null or ["skills" or "resources", ..])
        {
            return uri.IsForeign ? null : _entries;
        }

        return UserPath.Of(uri, actor) is { } path && await TryListAsync(path, uri.Text, "", isRecursive, cancellationToken)
            ? _entries
            : null;
    }

    private async Task<bool> TryListAsync(
        UserPath path, string uri, string prefix, bool isRecursive, CancellationToken cancellationToken)
    {
        switch (path.Place)
        {
            case UserPlace.Home:
                await AddFolderAsync(
                    new UserPath { Place = UserPlace.Memories }, uri, prefix, UserPath.Memories, isRecursive, cancellationToken);
                if ((await FindPeersAsync(cancellationToken)).Any())
                {
                    await AddFolderAsync(
                        new UserPath { Place = UserPlace.Peers }, uri, prefix, UserPath.Peers, isRecursive, cancellationToken);
                }

                await AddFolderAsync(
                    new UserPath { Place = UserPlace.Sessions }, uri, prefix, UserPath.Sessions, isRecursive: false, cancellationToken);
                return true;
            case UserPlace.Memories:
                foreach (MemoryCategory category in Enum.GetValues<MemoryCategory>())
                {
                    UserPath folder = path with { Place = UserPlace.Category, Category = category };
                    await AddFolderAsync(folder, uri, prefix, Wire.Category(category), isRecursive, cancellationToken);
                }

                return true;
            case UserPlace.Category:
                await AddMemoriesAsync(path, uri, prefix, cancellationToken);
                return true;
            case UserPlace.Peers:
                foreach (string peer in await FindPeersAsync(cancellationToken))
                {
                    var folder = new UserPath { Place = UserPlace.Peer, Peer = peer };
                    await AddFolderAsync(folder, uri, prefix, peer, isRecursive, cancellationToken);
                }

                return true;
            case UserPlace.Peer:
                UserPath memories = path with { Place = UserPlace.Memories };
                await AddFolderAsync(memories, uri, prefix, UserPath.Memories, isRecursive, cancellationToken);
                return true;
            case UserPlace.Sessions:
                await AddSessionsAsync(uri, prefix, cancellationToken);
                return true;
            case UserPlace.Session when await ExistsAsync(path.Session!, cancellationToken):
                UserPath history = path with { Place = UserPlace.History };
                await AddFolderAsync(history, uri, prefix, UserPath.History, isRecursive, cancellationToken);
                return true;
            case UserPlace.History:
                return await TryAddArchivesAsync(path.Session!, uri, prefix, isRecursive, cancellationToken);
            case UserPlace.Archive:
                return await TryAddFilesAsync(path, uri, prefix, cancellationToken);
            default:
                return false;
        }
    }

    private async Task AddFolderAsync(
        UserPath folder, string uri, string prefix, string name, bool isRecursive, CancellationToken cancellationToken)
    {
        if (!IsFull)
        {
            _entries.Add(new FileEntry(prefix + name, $"{uri}/{name}", IsFolder: true));
            if (isRecursive)
            {
                await TryListAsync(folder, $"{uri}/{name}", $"{prefix}{name}/", isRecursive, cancellationToken);
            }
        }
    }

    private async Task AddMemoriesAsync(UserPath folder, string uri, string prefix, CancellationToken cancellationToken)
    {
        MemoryPage page = await store.Memories.ListAsync(
            caller.Owner, folder.Peer, folder.Category, MemoryService.MaxPage, null, cancellationToken);
        foreach (MemoryInfo memory in page.Items.TakeWhile(_ => !IsFull))
        {
            _entries.Add(new FileEntry(
                $"{prefix}{memory.Name}.md", $"{uri}/{memory.Name}.md", IsFolder: false, memory.ChangedAt, memory.Abstract));
        }
    }

    private async Task<IEnumerable<string>> FindPeersAsync(CancellationToken cancellationToken)
    {
        cost?.Take(1);
        return (await store.Memories.ListPeersAsync(caller.Owner, cancellationToken)).Where(p => actor is null || actor == p);
    }

    private async Task AddSessionsAsync(string uri, string prefix, CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            int ask = Math.Min(limit + 1 - _entries.Count, SessionService.MaxPage);
            SessionPage page = await store.Sessions.ListAsync(caller.Owner, ask, cursor, cancellationToken);
            cost?.Take(1);
            foreach (SessionListItem session in page.Items.TakeWhile(_ => !IsFull))
            {
                _entries.Add(new FileEntry(
                    prefix + session.SessionId, $"{uri}/{session.SessionId}", IsFolder: true, session.ModifiedAt));
            }

            cursor = page.Cursor;
        }
        while (cursor is not null && !IsFull);
    }

    private async Task<bool> ExistsAsync(SessionKey session, CancellationToken cancellationToken)
    {
        try
        {
            await store.Sessions.GetAsync(session, autoCreate: false, cancellationToken);
            return true;
        }
        catch (SessionNotFoundException)
        {
            return false;
        }
    }

    // The newest first: what does not fit is the oldest.
    private async Task<bool> TryAddArchivesAsync(
        SessionKey session, string uri, string prefix, bool isRecursive, CancellationToken cancellationToken)
    {
        try
        {
            int? before = null;
            do
            {
                int ask = Math.Min(limit + 1 - _entries.Count, ArchivesAtATime);
                IReadOnlyList<ArchiveInfo> page = await store.Archives.ListAsync(session, ask, before, cancellationToken);
                cost?.Take(RequestsOfAnArchive * page.Count);
                foreach (ArchiveInfo archive in page.TakeWhile(_ => !IsFull))
                {
                    string id = Wire.ArchiveId(archive.Number);
                    _entries.Add(new FileEntry(prefix + id, $"{uri}/{id}", IsFolder: true, archive.SwitchedAt, archive.Abstract));
                    if (isRecursive)
                    {
                        AddFiles(archive, $"{uri}/{id}", $"{prefix}{id}/");
                    }
                }

                before = page is [.., { } last] ? last.Number : 1;
            }
            while (before > 1 && !IsFull);

            return true;
        }
        catch (SessionNotFoundException)
        {
            return false;
        }
    }

    private async Task<bool> TryAddFilesAsync(UserPath path, string uri, string prefix, CancellationToken cancellationToken)
    {
        if (await UserFiles.FindArchiveAsync(store, path.Session!, path.Archive, cancellationToken) is not { } archive)
        {
            return false;
        }

        AddFiles(archive.Info, uri, prefix);
        return true;
    }

    private void AddFiles(ArchiveInfo archive, string uri, string prefix)
    {
        foreach (string file in (string[])[UserPath.AbstractFile, UserPath.OverviewFile, UserPath.MessagesFile])
        {
            if (!IsFull && (file == UserPath.MessagesFile || archive.Abstract.Length > 0))
            {
                _entries.Add(new FileEntry(prefix + file, $"{uri}/{file}", IsFolder: false, archive.SwitchedAt));
            }
        }
    }
}
