using System.Text;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Recall;

/// <summary>
/// A user's long-term memories as their user sees them. What commits change comes into force with their switch; what the user
/// changes, at once.
/// </summary>
public sealed class MemoryService
{
    /// <summary>The most memories in one page of a listing.</summary>
    public const int MaxPage = 1_000;

    private const int MaxAttempts = 40;

    private readonly MemoryCatalogues _catalogues;
    private readonly MemoryContents _contents;
    private readonly ManifestStore _manifests;
    private readonly ArchiveStore _archives;
    private readonly MemoryStage _stage;
    private readonly MemoryUndo _undo;
    private readonly AccountUsages _usages;
    private readonly TimeProvider _time;

    internal MemoryService(
        MemoryCatalogues catalogues, MemoryContents contents, ManifestStore manifests, ArchiveStore archives, MemoryStage stage,
        MemoryUndo undo, AccountUsages usages, TimeProvider time)
    {
        _catalogues = catalogues;
        _contents = contents;
        _manifests = manifests;
        _archives = archives;
        _stage = stage;
        _undo = undo;
        _usages = usages;
        _time = time;
    }

    /// <summary>Lists the user's own memories: one storage request.</summary>
    /// <param name="user">The user.</param>
    /// <param name="category">Only those of this category.</param>
    /// <param name="limit">1 to <see cref="MaxPage"/>.</param>
    /// <param name="after">Only those behind this one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its bounds.</exception>
    public Task<MemoryPage> ListAsync(
        UserKey user, MemoryCategory? category, int limit, (MemoryCategory Category, string Name)? after,
        CancellationToken cancellationToken) =>
        ListAsync(user, peer: null, category, limit, after, cancellationToken);

    /// <summary>As the other overload, of one peer.</summary>
    /// <param name="user">The user.</param>
    /// <param name="peer">Only those that belong to this peer; <see langword="null"/>: only the user's own.</param>
    /// <param name="category">Only those of this category.</param>
    /// <param name="limit">1 to <see cref="MaxPage"/>.</param>
    /// <param name="after">Only those behind this one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its bounds.</exception>
    public async Task<MemoryPage> ListAsync(
        UserKey user, string? peer, MemoryCategory? category, int limit, (MemoryCategory Category, string Name)? after,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        StoredCatalogue stored = await _catalogues.LoadAsync(user, MemoryKey.ShelfOf(peer), cancellationToken);
        List<MemoryInfo> items =
        [
            .. stored.Catalogue.Memories
                .Where(m => m.Peer == peer && (category is null || m.Category == category))
                .Where(m => after is not { } a || IsBehind(m, a.Category, a.Name))
                .Take(limit + 1),
        ];
        return new MemoryPage([.. items.Take(limit)], items.Count > limit);
    }

    /// <summary>The peers that memories belong to, in ordinal order: one storage request.</summary>
    public async Task<IReadOnlyList<string>> ListPeersAsync(UserKey user, CancellationToken cancellationToken)
    {
        StoredCatalogue stored = await _catalogues.LoadAsync(user, MemoryShelf.Peers, cancellationToken);
        return [.. stored.Catalogue.Memories.Select(static m => m.Peer!).Distinct()];
    }

    /// <summary>One of the user's own memories.</summary>
    /// <exception cref="MemoryNotFoundException">The category has no memory of that name.</exception>
    public Task<Memory> GetAsync(UserKey user, MemoryCategory category, string name, CancellationToken cancellationToken) =>
        GetAsync(user, new MemoryKey(category, name), cancellationToken);

    /// <summary>One memory.</summary>
    /// <exception cref="MemoryNotFoundException">There is no such memory.</exception>
    public async Task<Memory> GetAsync(UserKey user, MemoryKey memory, CancellationToken cancellationToken) =>
        await FindAsync(user, memory, cancellationToken) ?? throw new MemoryNotFoundException(memory.Category, memory.Name);

    /// <summary>One of the user's own memories; <see langword="null"/>: the category has none of that name.</summary>
    public Task<Memory?> FindAsync(UserKey user, MemoryCategory category, string name, CancellationToken cancellationToken) =>
        FindAsync(user, new MemoryKey(category, name), cancellationToken);

    /// <summary>One memory; <see langword="null"/>: there is none.</summary>
    public async Task<Memory?> FindAsync(UserKey user, MemoryKey memory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(memory);
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            StoredCatalogue stored = await _catalogues.LoadAsync(user, memory.Shelf, cancellationToken);
            if (stored.Catalogue.Find(memory) is not { } info)
            {
                return null;
            }

            if (await _contents.FindAsync(user, info, cancellationToken) is { } content)
            {
                return new Memory(info, content);
            }

            await Backoff.WaitAsync(attempt, _time, cancellationToken);
        }

        throw new ContentionException($"Memory '{memory.Name}' was changed {MaxAttempts} times while it was read.");
    }

    /// <summary>Writes one of the user's own memories as a whole.</summary>
    /// <param name="user">The user.</param>
    /// <param name="category">What it is about.</param>
    /// <param name="name">As <see cref="MemoryName.IsValid"/> takes it.</param>
    /// <param name="content">Markdown, 1 to <see cref="MemoryLimits.MaxContentLength"/> characters.</param>
    /// <param name="condition">What must hold.</param>
    /// <param name="cancellationToken">Stops waiting; it may be written or not.</param>
    /// <exception cref="MemoryConditionException">The condition does not hold, or there are as many memories as there may be.</exception>
    /// <exception cref="ArgumentException">The content is empty, or longer than it may be.</exception>
    /// <exception cref="QuotaExceededException">The account has no room for so many bytes.</exception>
    public Task<MemoryInfo> PutAsync(
        UserKey user, MemoryCategory category, string name, string content, MemoryCondition condition,
        CancellationToken cancellationToken) =>
        PutAsync(user, new MemoryKey(category, name), content, condition, cancellationToken);

    /// <summary>Writes a memory as a whole.</summary>
    /// <param name="user">The user.</param>
    /// <param name="memory">
    /// Which one; its name as <see cref="MemoryName.IsValid"/>, its peer as <see cref="MemoryPeer.IsValid"/> takes it.
    /// </param>
    /// <param name="content">Markdown, 1 to <see cref="MemoryLimits.MaxContentLength"/> characters.</param>
    /// <param name="condition">What must hold.</param>
    /// <param name="cancellationToken">Stops waiting; it may be written or not.</param>
    /// <exception cref="MemoryConditionException">The condition does not hold, or there are as many memories as there may be.</exception>
    /// <exception cref="ArgumentException">
    /// The content is empty, or longer than it may be, or memories cannot belong to the peer.
    /// </exception>
    /// <exception cref="QuotaExceededException">The account has no room for so many bytes.</exception>
    public async Task<MemoryInfo> PutAsync(
        UserKey user, MemoryKey memory, string content, MemoryCondition condition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (memory.Peer is not null && !MemoryPeer.IsValid(memory.Peer))
        {
            throw new ArgumentException("Memories cannot belong to this peer.", nameof(memory));
        }

        ArgumentException.ThrowIfNullOrWhiteSpace(content);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, MemoryLimits.MaxContentLength, nameof(content));
        string clean = MemoryText.Clean(content);
        using Reservation? reserved = await _usages.ReserveBytesAsync(
            user.Account, Encoding.UTF8.GetByteCount(clean), cancellationToken);
        MemoryCatalogue changed = await ChangeAsync(user, memory, clean, condition, cancellationToken);
        reserved?.Keep();
        return changed.Find(memory)!;
    }

    /// <summary>Deletes one of the user's own memories.</summary>
    /// <exception cref="MemoryNotFoundException">The category has no memory of that name.</exception>
    /// <exception cref="MemoryConditionException">The condition does not hold.</exception>
    public Task DeleteAsync(
        UserKey user, MemoryCategory category, string name, MemoryCondition condition,
        CancellationToken cancellationToken) =>
        DeleteAsync(user, new MemoryKey(category, name), condition, cancellationToken);

    /// <summary>Deletes a memory.</summary>
    /// <exception cref="MemoryNotFoundException">There is no such memory.</exception>
    /// <exception cref="MemoryConditionException">The condition does not hold.</exception>
    public Task DeleteAsync(UserKey user, MemoryKey memory, MemoryCondition condition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return ChangeAsync(user, memory, null, condition, cancellationToken);
    }

    /// <summary>What the commit of an archive did to memories; <see langword="null"/>: nothing, or it has not been switched.</summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="ArchiveNotFoundException">The archive has expired; what it did to memories stays.</exception>
    public async Task<MemoryDiff?> FindDiffAsync(SessionKey key, int archive, CancellationToken cancellationToken)
    {
        Manifest manifest = await _manifests.LoadLiveAsync(key, cancellationToken);
        return await FindDiffAsync(key, manifest, archive, cancellationToken);
    }

    /// <summary>
    /// Takes back what the commit of an archive did to memories. What others changed since then stays, line by line; taken back a
    /// second time, nothing changes. Returns what is different now; <see langword="null"/> where that commit did nothing.
    /// </summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="ArchiveNotFoundException">The archive has expired.</exception>
    public async Task<MemoryDiff?> UndoAsync(SessionKey key, int archive, CancellationToken cancellationToken)
    {
        if (await FindDiffAsync(key, archive, cancellationToken) is not { } done)
        {
            return null;
        }

        MemoryDiff? undone = null;
        foreach ((MemoryShelf shelf, MemoryDiff part) in PartsOf(done))
        {
            undone = MemoryDiff.Of(undone, await UndoAsync(key.Owner, shelf, part, cancellationToken));
        }

        return undone;
    }

    private async Task<MemoryDiff> UndoAsync(UserKey user, MemoryShelf shelf, MemoryDiff done, CancellationToken cancellationToken)
    {
        MemoryDiff undone = null!;
        await SwapAsync(
            user,
            shelf,
            async draft =>
            {
                foreach (MemoryDifference difference in done.Changes)
                {
                    await draft.UndoAsync(difference, cancellationToken);
                }

                undone = draft.Diff(done.CommitId);
            },
            static (_, _) => false,
            cancellationToken);
        return undone;
    }

    // The user's own first: also where there are none, so that a commit that did nothing is answered as one.
    private static IEnumerable<(MemoryShelf Shelf, MemoryDiff Part)> PartsOf(MemoryDiff done) =>
        Enum.GetValues<MemoryShelf>()
            .Select(shelf => (shelf, done with { Changes = [.. done.Changes.Where(c => c.Key.Shelf == shelf)] }))
            .Where(static part => part.shelf == MemoryShelf.Own || part.Item2.Changes.Count > 0);

    /// <summary>
    /// As the other overload. Repeated with the same key, it gives the same answer and changes nothing, also where memories were written
    /// since.
    /// </summary>
    /// <exception cref="SessionNotFoundException">There is no such session.</exception>
    /// <exception cref="ArchiveNotFoundException">The archive has expired.</exception>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    public async Task<MemoryDiff?> UndoAsync(
        SessionKey key, int archive, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken)
    {
        if (idempotencyKey is null)
        {
            return await UndoAsync(key, archive, cancellationToken);
        }

        // A session that is created again under the same id is another one: so are its requests.
        Manifest manifest = await _manifests.LoadLiveAsync(key, cancellationToken);
        if (await FindDiffAsync(key, manifest, archive, cancellationToken) is not { } done)
        {
            return null;
        }

        // Each catalogue says by itself whether the key was used: a crash between the two leaves the other one to the repetition.
        MemoryDiff? undone = null;
        foreach ((MemoryShelf shelf, MemoryDiff part) in PartsOf(done))
        {
            string purpose = shelf == MemoryShelf.Own ? $"undo {manifest.Incarnation}" : $"undo {manifest.Incarnation} peers";
            undone = MemoryDiff.Of(
                undone, await _undo.RunAsync(key.Owner, shelf, RequestKey.Of(idempotencyKey, purpose), part, cancellationToken));
        }

        return undone;
    }

    private async Task<MemoryDiff?> FindDiffAsync(SessionKey key, Manifest manifest, int archive, CancellationToken cancellationToken)
    {
        if (archive >= 1 && archive <= manifest.ExpiredArchives)
        {
            throw new ArchiveNotFoundException(key, archive, isExpired: true);
        }

        return await _archives.FindEntryAsync(key, manifest.Incarnation, archive, cancellationToken) is { } entry
            ? MemoryDiff.Of(
                entry.MemoryDiff is { } own ? await _stage.FindDiffAsync(own, cancellationToken) : null,
                entry.PeersMemoryDiff is { } peers ? await _stage.FindDiffAsync(peers, cancellationToken) : null)
            : null;
    }

    private async Task<MemoryCatalogue> ChangeAsync(
        UserKey user, MemoryKey memory, string? content, MemoryCondition condition, CancellationToken cancellationToken)
    {
        // Its own version, whose answer was lost, must not count as another's.
        return await SwapAsync(
            user,
            memory.Shelf,
            draft =>
            {
                Check(draft.Start, memory, content, condition);
                MemoryInfo? there = draft.Start.Find(memory);
                draft.Set(memory, there?.Version, content);
                return Task.CompletedTask;
            },
            (catalogue, written) => written.Any(w => w.Version == catalogue.Find(memory)?.Version),
            cancellationToken);
    }

    private static void Check(MemoryCatalogue catalogue, MemoryKey memory, string? content, MemoryCondition condition)
    {
        MemoryInfo? there = catalogue.Find(memory);
        if (condition.IsNew && there is not null)
        {
            throw new MemoryConditionException($"Memory '{memory.Name}' exists.");
        }

        if (condition.Version is { } version && there?.Version != version)
        {
            throw new MemoryConditionException($"Memory '{memory.Name}' is not of that ETag any more.");
        }

        if (content is null && there is null)
        {
            throw new MemoryNotFoundException(memory.Category, memory.Name);
        }

        if (there is null && catalogue.Memories.Count >= MemoryLimits.MaxMemories)
        {
            throw new MemoryConditionException($"There are {MemoryLimits.MaxMemories} memories, which is the most; delete one first.");
        }
    }

    private async Task<MemoryCatalogue> SwapAsync(
        UserKey user, MemoryShelf shelf, Func<MemoryDraft, Task> change, Func<MemoryCatalogue, IReadOnlyList<MemoryInfo>, bool> isDone,
        CancellationToken cancellationToken)
    {
        var written = new List<MemoryInfo>();
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            StoredCatalogue stored = await _catalogues.LoadAsync(user, shelf, cancellationToken);
            if (isDone(stored.Catalogue, written))
            {
                return stored.Catalogue;
            }

            var draft = new MemoryDraft(user, stored.Catalogue, _contents, _time.GetUtcNow());
            try
            {
                await change(draft);
            }
            catch (MemoryVersionGoneException) when (attempt < MaxAttempts)
            {
                await Backoff.WaitAsync(attempt, _time, cancellationToken);
                continue;
            }

            if (!draft.HasDifferences)
            {
                return stored.Catalogue;
            }

            MemoryCatalogue next = await draft.WriteAsync(null, null, written, cancellationToken);
            if (await _catalogues.TrySwapAsync(user, shelf, stored, next, cancellationToken))
            {
                await _contents.DeleteAsync(user, draft.Superseded(), cancellationToken);
                return next;
            }

            await Backoff.WaitAsync(attempt, _time, cancellationToken);
        }

        throw new ContentionException($"The memories of user '{user}' were changed by others {MaxAttempts} times in a row.");
    }

    private static bool IsBehind(MemoryInfo memory, MemoryCategory category, string name) =>
        memory.Category > category || (memory.Category == category && string.CompareOrdinal(memory.Name, name) > 0);
}
