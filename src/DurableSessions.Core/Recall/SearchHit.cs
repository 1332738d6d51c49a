using DurableSessions.Core.Memories;

namespace DurableSessions.Core.Recall;

/// <summary>Something that was found: a memory, an archive, or a session by one of its messages that are not archived yet.</summary>
/// <param name="Score">
/// How well it fits, 0 to 1. What has the query's only word, or its rarest, has 0.4 at least; what has several of its words has more.
/// </param>
/// <param name="Memory">The memory, if it is one.</param>
/// <param name="Archive">The archive, if it is one.</param>
/// <param name="Message">The message of the archive or session that fits best, where there is one that the search looked at.</param>
/// <param name="Live">The session, if it is found by a message that is not archived yet.</param>
public sealed record SearchHit(
    double Score, MemoryInfo? Memory, ArchiveHit? Archive, MessageHit? Message = null, LiveHit? Live = null)
{
    /// <summary>
    /// Of the overview of the session up to the archive, the line that has most of the query's words, at most
    /// <see cref="MessageHit.MaxSnippetLength"/> characters around the first of them; <see langword="null"/> unless the overview fits
    /// better than the archive's abstract and any message of it.
    /// </summary>
    public string? OverviewSnippet { get; init; }
}
