using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Recall;

/// <summary>The messages that a search has found.</summary>
/// <param name="Matches">The best of each archive, and of each session's live messages.</param>
/// <param name="Logs">Where those that are not archived are read.</param>
internal sealed record FoundMessages(IReadOnlyList<MessageMatch> Matches, IReadOnlyList<LogChunk> Logs)
{
    /// <summary>Where a message that is not archived is.</summary>
    public LogChunk ChunkOf(MessageMatch match) => Logs.First(l => l.Place == match.Archive);
}
