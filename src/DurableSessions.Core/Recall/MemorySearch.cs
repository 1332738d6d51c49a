using DurableSessions.Core.Archives;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Core.Recall;

/// <summary>
/// Searches a user's own memories, the messages of the user's archives and those that are not archived yet, the abstracts of the archives
/// of the newest <see cref="MaxArchives"/> commits, and of each of their sessions the newest overview among them. What a host has indexed,
/// or read of the index, it keeps for a while: each search reads only what has changed since.
/// </summary>
/// <remarks>
/// A message that was acknowledged before a search is found by it, and once, also while commits carry it on: live logs are listed before
/// the index, and one manifest of each session, read after both, says for all that is found of it whether it is live or archived.
/// Where a log that was found is not live any more, both are listed anew: what it held may have come to a place that was not there yet.
/// </remarks>
public sealed class MemorySearch
{
    /// <summary>The most hits of one search.</summary>
    public const int MaxHits = 100;

    /// <summary>The commits whose archives are searched by their abstracts and overviews.</summary>
    public const int MaxArchives = 500;

    private const int ReadAtOnce = 16;

    private const int MaxRounds = 8;

    private static readonly TimeSpan s_unused = TimeSpan.FromMinutes(30);

    private readonly MemoryCatalogues _catalogues;
    private readonly MemoryContents _contents;
    private readonly ManifestStore _manifests;
    private readonly ArchiveStore _archives;
    private readonly TaskIndex _tasks;
    private readonly CommitLedger _ledger;
    private readonly MessageSearch _messages;
    private readonly LiveLogs _logs;
    private readonly HostCache _memory;

    internal MemorySearch(
        MemoryCatalogues catalogues, MemoryContents contents, ManifestStore manifests, ArchiveStore archives, TaskIndex tasks,
        CommitLedger ledger, MessageSearch messages, LiveLogs logs, HostCache memory)
    {
        _catalogues = catalogues;
        _contents = contents;
        _manifests = manifests;
        _archives = archives;
        _tasks = tasks;
        _ledger = ledger;
        _messages = messages;
        _logs = logs;
        _memory = memory;
    }

    /// <summary>What has any of the query's words, the best first.</summary>
    /// <param name="user">The user.</param>
    /// <param name="query">A text of any length, such as a whole prompt: its words count, each once.</param>
    /// <param name="limit">1 to <see cref="MaxHits"/>.</param>
    /// <param name="where">What is to be found at all; <see langword="null"/>: everything. Called while the user's index is held.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its bounds.</exception>
    public Task<IReadOnlyList<SearchHit>> SearchAsync(
        UserKey user, string query, int limit, Predicate<SearchHit>? where, CancellationToken cancellationToken) =>
        SearchAsync(user, query, limit, SearchFilter.None, where, cancellationToken);

    /// <summary>As the other overload, of what a filter allows.</summary>
    /// <param name="user">The user.</param>
    /// <param name="query">A text of any length, such as a whole prompt: its words count, each once.</param>
    /// <param name="limit">1 to <see cref="MaxHits"/>.</param>
    /// <param name="filter">What may be found.</param>
    /// <param name="where">What is to be found at all; <see langword="null"/>: everything. Called while the user's index is held.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its bounds.</exception>
    public async Task<IReadOnlyList<SearchHit>> SearchAsync(
        UserKey user, string query, int limit, SearchFilter filter, Predicate<SearchHit>? where, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxHits);
        var living = new Dictionary<SessionKey, Manifest?>();
        FoundMessages found = filter.AllowsMessages
            ? await FindMessagesAsync(user, query, limit, filter.Messages, where, living, cancellationToken)
            : FoundMessages.None;
        Lazy<IReadOnlySet<(CommitId, string)>>? seen = filter.SeenBy is null ? null : new(() => found.AllowedBy(filter.Messages));
        Lazy<IReadOnlyDictionary<(string, string), int>>? upTo =
            filter.SeenBy is null ? null : new(() => found.AllowedUpTo(filter.Messages));
        var remembered = ("search", user);
        UserIndex index = _memory.GetOrCreateOnce(remembered, s_unused, bytes: 0, static () => new UserIndex());
        await index.Gate.WaitAsync(cancellationToken);
        try
        {
            await ReadMemoriesAsync(index, user, cancellationToken);
            await ReadArchivesAsync(index, user, found, cancellationToken);
            return await FindAsync(
                index,
                user,
                query,
                found,
                living,
                limit,
                AllowsOverview,
                h => IsAllowed(h) && where?.Invoke(h.Hit) != false,
                cancellationToken);
        }
        finally
        {
            long bytes = index.Bytes;
            index.Gate.Release();
            _memory.Resize(remembered, index, s_unused, bytes);
        }

        // Messages were filtered where they were searched.
        bool IsAllowed(FoundHit hit) => hit.Match is not null
            || (hit.Hit is { Archive: { } archive }
                ? filter.AllowsAbstract(archive) && seen?.Value.Contains((archive.CommitId, archive.Incarnation)) != false
                : filter.Allows(hit.Hit.Memory!));

        // It is of everything up to its archive.
        bool AllowsOverview(ArchiveHit archive) => filter.AllowsAbstract(archive)
            && (upTo is null || archive.Number <= upTo.Value.GetValueOrDefault((archive.Session.Id, archive.Incarnation)));
    }

    // What was deleted, or has expired, a moment ago is in the index still: it must not keep others from being found.
    private async Task<FoundMessages> FindMessagesAsync(
        UserKey user, string query, int limit, MessageFilter filter, Predicate<SearchHit>? where,
        Dictionary<SessionKey, Manifest?> living, CancellationToken cancellationToken)
    {
        var gone = new HashSet<(SegmentArchive Place, string? WriteId)>();
        for (int round = 1; ;)
        {
            living.Clear();
            IReadOnlyList<LogChunk> logs = await _logs.OpenAsync(user, cancellationToken);
            List<SegmentReader> segments = await _messages.OpenAsync(user, cancellationToken);
            segments.AddRange(logs.Select(static l => l.Reader));
            bool isComplete = true;
            for (; isComplete; round++)
            {
                IReadOnlyList<MessageMatch> matches = await _messages.SearchAsync(
                    segments,
                    user,
                    query,
                    limit,
                    filter,
                    a => !IsGone(a) && where?.Invoke(HitOf(user, a, score: 1)) != false,
                    cancellationToken);
                await LoadAsync(matches.Take(limit).Select(m => user.Session(m.Archive.SessionId)), living, cancellationToken);
                SegmentArchive[] lost = [.. matches.Select(static m => m.Archive).Where(IsGone)];
                if (round >= MaxRounds || lost.Length == 0)
                {
                    return new FoundMessages(matches, logs, segments);
                }

                // A log that this same manifest has shown not to be live was listed after that.
                foreach (SegmentArchive log in lost.Where(static a => a.IsLive))
                {
                    isComplete &= !gone.Add((log, living[user.Session(log.SessionId)]?.WriteId));
                }
            }
        }

        bool IsGone(SegmentArchive archive) =>
            living.TryGetValue(user.Session(archive.SessionId), out Manifest? manifest) && !IsThere(user, archive, manifest);
    }

    // Where its messages are, as the manifest of the session has it.
    private static bool IsThere(UserKey user, SegmentArchive archive, Manifest? manifest) =>
        manifest?.Incarnation == archive.Incarnation
        && (archive.IsLive
            ? manifest.Keeps(BlobNames.SegmentPrefix(user.Session(archive.SessionId), archive.Incarnation) + archive.CommitId)
            : archive.Number > manifest.ExpiredArchives && IsSwitched(manifest, archive.CommitId, archive.Number));

    private static bool IsSwitched(Manifest manifest, CommitId commitId, int number) =>
        number <= manifest.ArchiveCount && manifest.FindPending(commitId) is null;

    private async Task ReadMemoriesAsync(UserIndex index, UserKey user, CancellationToken cancellationToken)
    {
        IReadOnlyList<MemoryInfo> memories = await _catalogues.ReadAsync(user, MemoryView.All, cancellationToken);
        index.KeepMemories(memories);
        foreach (MemoryInfo[] chunk in memories.Where(m => !index.Knows(m)).Chunk(ReadAtOnce))
        {
            string?[] contents = await Task.WhenAll(chunk.Select(m => _contents.FindAsync(user, m, cancellationToken)));
            foreach ((MemoryInfo info, string? content) in chunk.Zip(contents))
            {
                // Changed a moment ago: the next search has it.
                index.Set(info, content ?? "");
            }
        }
    }

    private async Task ReadArchivesAsync(UserIndex index, UserKey user, FoundMessages found, CancellationToken cancellationToken)
    {
        List<TaskReference> newest = await _tasks.ListAsync(user, null, cancellationToken)
            .Take(MaxArchives)
            .ToListAsync(cancellationToken);
        index.KeepArchives([.. newest.Select(static t => t.CommitId.Value)]);
        TaskReference[] unknown = [.. newest.Where(t => !index.KnowsCommit(t.CommitId))];
        var numbers = new Lazy<IReadOnlyDictionary<(CommitId, string), int>>(found.Numbers);
        foreach (TaskReference[] chunk in unknown.Chunk(ReadAtOnce))
        {
            foreach (ArchiveHit? archive in await Task.WhenAll(chunk.Select(t =>
                FindArchiveAsync(t, numbers.Value.GetValueOrDefault((t.CommitId, t.Incarnation)), cancellationToken))))
            {
                if (archive is not null)
                {
                    index.Set(archive);
                }
            }
        }
    }

    // None while its commit is on its way, or where it has no digest of its own: then it is looked for again.
    private async Task<ArchiveHit?> FindArchiveAsync(TaskReference task, int indexed, CancellationToken cancellationToken)
    {
        // What is in the index has its number there; the archive of an earlier version has it in its record.
        int? known = indexed > 0 ? indexed : (await _ledger.FindNewestRecordAsync(task.FirstAttempt, cancellationToken))?.Number;
        if (known is not { } number)
        {
            return null;
        }

        if (await _archives.FindEntryAsync(task.Session, task.Incarnation, number, cancellationToken) is not { Semantic: { } blob })
        {
            return await FindExpiredAsync(task, number, cancellationToken);
        }

        SemanticDocument? digest = await _archives.FindSemanticAsync(blob, cancellationToken);
        return digest is null ? null : new ArchiveHit(task.Session, task.Incarnation, task.CommitId, number, digest.Abstract)
        {
            MayBeDigestedAgain = digest.Degraded || digest.IsFromDegraded == true,
            Overview = digest.Overview,
        };
    }

    private async Task<ArchiveHit?> FindExpiredAsync(TaskReference task, int number, CancellationToken cancellationToken) =>
        await _manifests.LoadAsync(task.Session, cancellationToken) is { Manifest: { DeletedAt: null } manifest }
            && manifest.Incarnation == task.Incarnation && number <= manifest.ExpiredArchives
                ? new ArchiveHit(task.Session, task.Incarnation, task.CommitId, number, "") { IsExpired = true }
                : null;

    // A hit of a session is returned only while that session exists. One that was degraded is read again, once, when its turn to be
    // digested again has come and gone, and each when a digest of its session was put in place since.
    private async Task<IReadOnlyList<SearchHit>> FindAsync(
        UserIndex index, UserKey user, string query, FoundMessages messages, Dictionary<SessionKey, Manifest?> living,
        int limit, Predicate<ArchiveHit> allowsOverview, Predicate<FoundHit> where, CancellationToken cancellationToken)
    {
        var hits = new List<FoundHit>();
        FoundHit[] candidates =
        [
            .. Join(index, user, query, messages.Matches, allowsOverview).Where(c => where(c)),
        ];
        await LoadAsync(candidates.Take(limit).Select(static c => SessionOf(c.Hit)).OfType<SessionKey>(), living, cancellationToken);
        Dictionary<ArchiveHit, ArchiveHit?> read = await ReadDigestsAsync(
            candidates.Take(limit).Select(static c => c.Hit.Archive).OfType<ArchiveHit>()
                .Where(a => living[a.Session] is { } there && IsThere(a, there) && MustBeRead(a, there)),
            cancellationToken);
        foreach ((SearchHit candidate, MessageMatch? match, bool isByOverview) in candidates)
        {
            ArchiveHit? archive = candidate.Archive;
            Manifest? manifest = null;
            if (SessionOf(candidate) is { } session && !living.TryGetValue(session, out manifest))
            {
                manifest = await FindLivingAsync(session, cancellationToken);
                living.Add(session, manifest);
            }

            if (candidate.Live is not null && !IsThere(user, match!.Archive, manifest))
            {
                continue;
            }

            if (archive is not null)
            {
                if (manifest?.Incarnation != archive.Incarnation)
                {
                    index.Forget(archive.CommitId);
                    continue;
                }

                if (!IsSwitched(manifest, archive.CommitId, archive.Number))
                {
                    continue;
                }

                if (archive.Number <= manifest.ExpiredArchives)
                {
                    index.Set(archive with { Abstract = "", Overview = "", IsExpired = true });
                    continue;
                }

                if (MustBeRead(archive, manifest))
                {
                    if (!read.TryGetValue(archive, out ArchiveHit? now))
                    {
                        now = await FindArchiveAsync(TaskOf(archive), archive.Number, cancellationToken);
                    }

                    bool isKnown = now is not null || !archive.IsUnread;
                    archive = (now ?? archive) with
                    {
                        MayBeDigestedAgain = (now ?? archive).MayBeDigestedAgain && !IsHealed(archive, manifest),
                        DigestMark = manifest.DigestMark,
                    };
                    if (isKnown)
                    {
                        archive = index.Set(archive);
                    }

                    // What it was found by may have been in a digest that was replaced.
                    if (archive.IsExpired || (match is null && !Has(archive, query, allowsOverview(archive))))
                    {
                        continue;
                    }
                }
            }

            hits.Add(new FoundHit(candidate with { Archive = archive }, match, isByOverview));
            if (hits.Count == limit)
            {
                break;
            }
        }

        IReadOnlySet<string> terms = MessageSearch.TermsOf(query);
        var found = new List<SearchHit>(hits.Count);
        foreach (FoundHit[] chunk in hits.Chunk(ReadAtOnce))
        {
            found.AddRange(await Task.WhenAll(chunk.Select(async h => h.Hit with
            {
                Message = h.Match is null ? null : await ReadAsync(user, h.Match, messages, terms, cancellationToken),
                OverviewSnippet = SnippetOf(h, terms),
            })));
        }

        return found;
    }

    // None where the overview was replaced since the index was searched, and has none of the words.
    private static string? SnippetOf(FoundHit hit, IReadOnlySet<string> terms) =>
        hit is { IsByOverview: true, Hit.Archive.Overview: { Length: > 0 } overview } && SearchTerms.Find(overview, terms) is not null
            ? MessageSearch.Snippet(overview.Split('\n'), terms)
            : null;

    private async Task<Dictionary<ArchiveHit, ArchiveHit?>> ReadDigestsAsync(
        IEnumerable<ArchiveHit> archives, CancellationToken cancellationToken)
    {
        var read = new Dictionary<ArchiveHit, ArchiveHit?>();
        foreach (ArchiveHit[] chunk in archives.Chunk(ReadAtOnce))
        {
            ArchiveHit?[] now = await Task.WhenAll(chunk.Select(a => FindArchiveAsync(TaskOf(a), a.Number, cancellationToken)));
            foreach ((ArchiveHit archive, ArchiveHit? found) in chunk.Zip(now))
            {
                read[archive] = found;
            }
        }

        return read;
    }

    private static TaskReference TaskOf(ArchiveHit archive) => new(archive.CommitId, archive.Session, archive.Incarnation);

    private static bool IsThere(ArchiveHit archive, Manifest manifest) =>
        manifest.Incarnation == archive.Incarnation
        && IsSwitched(manifest, archive.CommitId, archive.Number) && archive.Number > manifest.ExpiredArchives;

    private static bool MustBeRead(ArchiveHit archive, Manifest manifest) =>
        archive.IsUnread || IsHealed(archive, manifest) || archive.DigestMark != manifest.DigestMark;

    private static bool IsHealed(ArchiveHit archive, Manifest manifest) =>
        archive.MayBeDigestedAgain && !(manifest.DegradedFrom <= archive.Number);

    private static bool Has(ArchiveHit archive, string query, bool withOverview)
    {
        HashSet<string> terms = [.. SearchTerms.Of(archive.Abstract), .. SearchTerms.Of(withOverview ? archive.Overview : "")];
        return SearchTerms.OfQuery(query, terms.Contains).Count > 0;
    }

    private async Task<MessageHit?> ReadAsync(
        UserKey user, MessageMatch match, FoundMessages messages, IReadOnlySet<string> terms, CancellationToken cancellationToken) =>
        !match.Archive.IsLive ? await _messages.ReadAsync(user, match, terms, cancellationToken)
        : messages.ChunkOf(match).Read(match) is { } message ? MessageSearch.HitOf(message, terms)
        : null;

    private async Task LoadAsync(
        IEnumerable<SessionKey> sessions, Dictionary<SessionKey, Manifest?> living, CancellationToken cancellationToken)
    {
        foreach (SessionKey[] chunk in sessions.Distinct().Where(s => !living.ContainsKey(s)).ToList().Chunk(ReadAtOnce))
        {
            Manifest?[] manifests = await Task.WhenAll(chunk.Select(s => FindLivingAsync(s, cancellationToken)));
            foreach ((SessionKey session, Manifest? manifest) in chunk.Zip(manifests))
            {
                living.Add(session, manifest);
            }
        }
    }

    private async Task<Manifest?> FindLivingAsync(SessionKey session, CancellationToken cancellationToken) =>
        await _manifests.LoadAsync(session, cancellationToken) is { Manifest: { DeletedAt: null } there } ? there : null;

    private static SessionKey? SessionOf(SearchHit hit) => hit.Archive?.Session ?? hit.Live?.Session;

    private static SearchHit HitOf(UserKey user, SegmentArchive archive, double score) => archive.IsLive
        ? new SearchHit(score, null, null, Live: new LiveHit(user.Session(archive.SessionId), archive.Incarnation))
        : new SearchHit(score, null, HitOf(user, archive));

    private static ArchiveHit HitOf(UserKey user, SegmentArchive archive) => new(
        user.Session(archive.SessionId), archive.Incarnation, archive.CommitId, archive.Number, Abstract: "")
    {
        IsUnread = true,
    };

    // An archive that is found by a message, by its abstract and by its overview is one hit, with the best of the scores.
    private static IEnumerable<FoundHit> Join(
        UserIndex index, UserKey user, string query, IReadOnlyList<MessageMatch> matches, Predicate<ArchiveHit> allowsOverview)
    {
        var byCommit = matches.Where(static m => !m.Archive.IsLive)
            .ToDictionary(static m => (m.Archive.CommitId, m.Archive.Incarnation));
        var hits = new List<FoundHit>();
        foreach ((MemoryInfo? memory, ArchiveHit? archive, double score, bool isByOverview) in index.Search(query, allowsOverview))
        {
            hits.Add(archive is not null && byCommit.Remove((archive.CommitId, archive.Incarnation), out MessageMatch? match)
                ? new FoundHit(new SearchHit(Math.Max(score, match.Score), memory, archive), match, isByOverview && score > match.Score)
                : new FoundHit(new SearchHit(score, memory, archive), null, isByOverview));
        }

        hits.AddRange(byCommit.Values.Select(m =>
            new FoundHit(new SearchHit(m.Score, null, Known(m.Archive) ?? HitOf(user, m.Archive)), m)));
        hits.AddRange(matches.Where(static m => m.Archive.IsLive).Select(m => new FoundHit(HitOf(user, m.Archive, m.Score), m)));
        return hits.OrderByDescending(static h => h.Hit.Score);

        ArchiveHit? Known(SegmentArchive archive) =>
            index.Find(archive.CommitId) is { } known && known.Incarnation == archive.Incarnation ? known : null;
    }

    private sealed record FoundHit(SearchHit Hit, MessageMatch? Match, bool IsByOverview = false);
}
