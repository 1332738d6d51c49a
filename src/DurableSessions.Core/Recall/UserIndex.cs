using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Recall;

/// <summary>
/// What this host has indexed of one user: memories by version, archives by commit, and of each session the overview of its newest archive,
/// which says what those before it said.
/// </summary>
internal sealed class UserIndex
{
    private readonly Dictionary<string, MemoryInfo> _memories = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ArchiveHit> _archives = new(StringComparer.Ordinal);
    private readonly Bm25Index _index = new();

    // Long texts beside short ones: ranked by themselves, they leave those what they have.
    private readonly Bm25Index _overviews = new();
    private readonly Dictionary<(SessionKey Session, string Incarnation), string> _newest = [];

    // Older archives that were found by a message: their abstracts are shown, and not searched. The oldest of them goes first.
    private readonly OrderedDictionary<string, ArchiveHit> _older = new(StringComparer.Ordinal);

    /// <summary>Archives that are not among the newest, of which a host remembers the abstracts.</summary>
    public const int MaxOlder = 1_000;

    /// <summary>
    /// What an overview counts that has all of a query's words; with fewer of them it counts less. It is of a whole session, and says less
    /// of where something is than an abstract or a message that has one of them.
    /// </summary>
    public const double OverviewScore = 0.38;

    /// <summary>One search at a time: it brings the index up to date first.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>What it takes in memory, estimated.</summary>
    public long Bytes => _index.Bytes + _overviews.Bytes
        + (512L * (_memories.Count + _archives.Count + _older.Count + _newest.Count))
        + _archives.Values.Concat(_older.Values).Sum(static a => HostCache.BytesOf(a.Abstract) + HostCache.BytesOf(a.Overview));

    public bool Knows(MemoryInfo info) => _memories.TryGetValue(Id(info), out MemoryInfo? known) && known.Version == info.Version;

    public bool KnowsCommit(CommitId commitId) => _archives.ContainsKey(commitId.Value);

    public ArchiveHit? Find(CommitId commitId) =>
        _archives.GetValueOrDefault(commitId.Value) ?? _older.GetValueOrDefault(commitId.Value);

    public void Set(MemoryInfo info, string content)
    {
        _memories[Id(info)] = info;
        _index.Set(Id(info), $"{info.Name} {content}");
    }

    /// <summary>Keeps an archive.</summary>
    /// <returns>As it is kept: without its overview, where a newer archive of its session is known.</returns>
    public ArchiveHit Set(ArchiveHit archive)
    {
        string id = archive.CommitId.Value;
        _older.Remove(id);
        var session = (archive.Session, archive.Incarnation);
        string newest = _newest.GetValueOrDefault(session, id);
        if (newest != id && _archives[newest] is var other)
        {
            if (other.Number > archive.Number)
            {
                archive = archive with { Overview = "" };
            }
            else
            {
                _archives[newest] = other with { Overview = "" };
                _overviews.Remove(newest);
                newest = id;
            }
        }

        _newest[session] = newest;
        _archives[id] = archive;
        Index(_index, id, archive.IsExpired ? null : archive.Abstract);
        Index(_overviews, id, archive.IsExpired || archive.Overview.Length == 0 ? null : archive.Overview);
        return archive;
    }

    /// <summary>Forgets the memories that are not among these.</summary>
    public void KeepMemories(IEnumerable<MemoryInfo> infos)
    {
        HashSet<string> kept = [.. infos.Select(Id)];
        foreach (string id in _memories.Keys.Where(id => !kept.Contains(id)).ToList())
        {
            _memories.Remove(id);
            _index.Remove(id);
        }
    }

    /// <summary>Searches no more the archives that are not of these commits.</summary>
    public void KeepArchives(HashSet<string> commitIds)
    {
        foreach (ArchiveHit archive in _archives.Values.Where(a => !commitIds.Contains(a.CommitId.Value)).ToList())
        {
            Forget(archive.CommitId);
            _older[archive.CommitId.Value] = archive with { Overview = "" };
            if (_older.Count > MaxOlder)
            {
                _older.RemoveAt(0);
            }
        }
    }

    public void Forget(CommitId commitId)
    {
        string id = commitId.Value;
        _older.Remove(id);
        _index.Remove(id);
        _overviews.Remove(id);
        if (_archives.Remove(id, out ArchiveHit? archive)
            && _newest.GetValueOrDefault((archive.Session, archive.Incarnation)) == id)
        {
            _newest.Remove((archive.Session, archive.Incarnation));
        }
    }

    /// <summary>
    /// Memories and archives that have any of the query's words, the latter in their abstract or their overview: the better of the scores,
    /// and whether it is that of the overview.
    /// </summary>
    /// <param name="query">What is asked.</param>
    /// <param name="allowsOverview">Which archives may be found by their overview.</param>
    public IEnumerable<(MemoryInfo? Memory, ArchiveHit? Archive, double Score, bool IsByOverview)> Search(
        string query, Predicate<ArchiveHit> allowsOverview)
    {
        IReadOnlySet<string> terms = MessageSearch.TermsOf(query);
        var overviews = _overviews.Search(query)
            .Where(hit => allowsOverview(_archives[hit.Id]))
            .ToDictionary(
                static hit => hit.Id, hit => OverviewScore * _overviews.Having(hit.Id, terms) / terms.Count, StringComparer.Ordinal);
        foreach ((string id, double score) in _index.Search(query))
        {
            overviews.Remove(id, out double overview);
            bool isByOverview = overview > score;
            yield return (
                _memories.GetValueOrDefault(id), _archives.GetValueOrDefault(id), isByOverview ? overview : score, isByOverview);
        }

        foreach ((string id, double score) in overviews)
        {
            yield return (null, _archives[id], score, IsByOverview: true);
        }
    }

    private static void Index(Bm25Index index, string id, string? text)
    {
        if (text is null)
        {
            index.Remove(id);
        }
        else
        {
            index.Set(id, text);
        }
    }

    // No commit's id has a slash.
    private static string Id(MemoryInfo info) => $"{info.Peer}/{info.Category}/{info.Name}";
}
