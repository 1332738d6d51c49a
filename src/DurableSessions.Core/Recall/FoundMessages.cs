using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Recall;

/// <summary>The messages that a search has found.</summary>
/// <param name="Matches">The best of each archive, and of each session's live messages.</param>
/// <param name="Logs">Where those that are not archived are read.</param>
/// <param name="Segments">Where they were looked for.</param>
internal sealed record FoundMessages(
    IReadOnlyList<MessageMatch> Matches, IReadOnlyList<LogChunk> Logs, IReadOnlyList<SegmentReader> Segments)
{
    /// <summary>None.</summary>
    public static FoundMessages None { get; } = new([], [], []);

    /// <summary>Where a message that is not archived is.</summary>
    public LogChunk ChunkOf(MessageMatch match) => Logs.First(l => l.Place == match.Archive);

    /// <summary>The numbers of the archives that are in the index.</summary>
    public IReadOnlyDictionary<(CommitId CommitId, string Incarnation), int> Numbers() => Segments
        .SelectMany(static s => s.Archives)
        .Where(static a => !a.IsLive)
        .DistinctBy(static a => (a.CommitId, a.Incarnation))
        .ToDictionary(static a => (a.CommitId, a.Incarnation), static a => a.Number);

    /// <summary>
    /// Of each session the number up to which its archives are all in the index, with no message that a filter does not allow; none where
    /// the first one is not.
    /// </summary>
    public IReadOnlyDictionary<(string SessionId, string Incarnation), int> AllowedUpTo(MessageFilter filter)
    {
        IReadOnlySet<(CommitId, string)> allowed = AllowedBy(filter);
        var upTo = new Dictionary<(string, string), int>();
        foreach (SegmentArchive archive in Segments.SelectMany(static s => s.Archives)
            .Where(a => !a.IsLive && allowed.Contains((a.CommitId, a.Incarnation)))
            .OrderBy(static a => a.Number))
        {
            int number = upTo.GetValueOrDefault((archive.SessionId, archive.Incarnation));
            if (archive.Number == number + 1)
            {
                upTo[(archive.SessionId, archive.Incarnation)] = archive.Number;
            }
        }

        return upTo;
    }

    /// <summary>The archives whose messages a filter allows, all of them.</summary>
    public IReadOnlySet<(CommitId CommitId, string Incarnation)> AllowedBy(MessageFilter filter)
    {
        var allowed = new HashSet<(CommitId, string)>();
        var others = new HashSet<(CommitId, string)>();
        foreach (SegmentReader segment in Segments)
        {
            for (int i = 0; i < segment.Archives.Count; i++)
            {
                SegmentArchive archive = segment.Archives[i];
                (segment.HasOnly(i, filter) ? allowed : others).Add((archive.CommitId, archive.Incarnation));
            }
        }

        allowed.ExceptWith(others);
        return allowed;
    }
}
