using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Context;

/// <summary>Finds messages of a session's archives by their words.</summary>
internal interface IArchivedSearch
{
    /// <summary>The messages that fit the query, the best first: at most <see cref="SegmentSearch.MaxHits"/>.</summary>
    /// <param name="key">The session.</param>
    /// <param name="query">A text of any length.</param>
    /// <param name="where">Which archives may be found, of those of the session's id.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<IReadOnlyList<MessageMatch>> FindAsync(
        SessionKey key, string query, Predicate<SegmentArchive> where, CancellationToken cancellationToken);
}
