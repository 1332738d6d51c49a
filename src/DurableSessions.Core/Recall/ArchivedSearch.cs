using DurableSessions.Core.Context;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Recall;

/// <summary>Searches the archives of one session. How rare a word is, is measured by all messages of its user.</summary>
internal sealed class ArchivedSearch(MessageSearch messages) : IArchivedSearch
{
    public async Task<IReadOnlyList<MessageMatch>> FindAsync(
        SessionKey key, string query, Predicate<SegmentArchive> where, CancellationToken cancellationToken)
    {
        List<SegmentReader> segments = await messages.OpenAsync(key.Owner, cancellationToken);
        var filter = new MessageFilter { SessionId = key.Id, Archive = where };
        return await messages.SearchReadableAsync(segments, key.Owner, query, filter, cancellationToken);
    }
}
