using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Recall;

/// <summary>What this host has indexed of one user: memories by version, archives by commit.</summary>
internal sealed class UserIndex
{
    private readonly Dictionary<string, MemoryInfo> _memories = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ArchiveHit> _archives = new(StringComparer.Ordinal);
    private readonly Bm25Index _index = new();

    /// <summary>One search at a time: it brings the index up to date first.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>What it takes in memory, estimated.</summary>
    public long Bytes => _index.Bytes
        + (512L * (_memories.Count + _archives.Count))
        + _archives.Values.Sum(static a => HostCache.BytesOf(a.Abstract));

    public bool Knows(MemoryInfo info) => _memories.TryGetValue(Id(info), out MemoryInfo? known) && known.Version == info.Version;

    public bool KnowsCommit(CommitId commitId) => _archives.ContainsKey(commitId.Value);

    public ArchiveHit? Find(CommitId commitId) => _archives.GetValueOrDefault(commitId.Value);

    public void Set(MemoryInfo info, string content)
    {
        _memories[Id(info)] = info;
        _index.Set(Id(info), $"{info.Name} {content}");
    }

    public void Set(ArchiveHit archive)
    {
        _archives[archive.CommitId.Value] = archive;
        if (archive.IsExpired)
        {
            _index.Remove(archive.CommitId.Value);
        }
        else
        {
            _index.Set(archive.CommitId.Value, archive.Abstract);
        }
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

    /// <summary>Forgets the archives that are not of these commits.</summary>
    public void KeepArchives(HashSet<string> commitIds)
    {
        foreach (string id in _archives.Keys.Where(id => !commitIds.Contains(id)).ToList())
        {
            Forget(new CommitId(id));
        }
    }

    public void Forget(CommitId commitId)
    {
        _archives.Remove(commitId.Value);
        _index.Remove(commitId.Value);
    }

    public IEnumerable<(MemoryInfo? Memory, ArchiveHit? Archive, double Score)> Search(string query) =>
        _index.Search(query).Select(hit => (_memories.GetValueOrDefault(hit.Id), _archives.GetValueOrDefault(hit.Id), hit.Score));

    // No commit's id has a slash.
    private static string Id(MemoryInfo info) => $"{info.Peer}/{info.Category}/{info.Name}";
}
