using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Recall;

/// <summary>
/// Finds the messages of a user's archives by their words, from the index that each switch adds to. A search lists its segments, and reads
/// those that this host does not have yet. Segments that have gone since, as they were merged or deleted, are looked for in another
/// listing.
/// </summary>
internal sealed class MessageSearch(SessionStorage storage, HostCache memory, Merges merges, ILogger<MessageSearch> logger)
{
    /// <summary>The segments that are searched at most: the newest.</summary>
    public const int MaxSegments = 5_000;

    /// <summary>Of longer messages a hit has no snippet.</summary>
    public const int MaxLineBytes = 256 * 1024;

    private const int MaxRounds = 4;

    private const int ReadAtOnce = 16;

    // Of a snippet what comes before the first of the query's words.
    private const int SnippetBefore = 120;

    private static readonly TimeSpan s_unused = TimeSpan.FromMinutes(30);

    /// <summary>The segments of a user's index as they are listed now, the newest; those that cannot be read are left out.</summary>
    /// <exception cref="ContentionException">Segments had gone each time when they were to be read.</exception>
    public Task<List<SegmentReader>> OpenAsync(UserKey user, CancellationToken cancellationToken) =>
        MovingIndex.ReadAsync(user, async () =>
        {
            IReadOnlyCollection<BlobItem> listed = await ListAsync(user, cancellationToken);
            var segments = new List<SegmentReader>();
            foreach (BlobItem[] chunk in listed.Chunk(ReadAtOnce))
            {
                SegmentReader?[] opened = await Task.WhenAll(chunk.Select(b => FindAsync(user, b, cancellationToken)));
                segments.AddRange(opened.OfType<SegmentReader>());
            }

            await merges.AfterListingAsync(user, listed.Count(static b => IsOfLevel0(b.Name)), cancellationToken);
            return segments;
        });

    /// <summary>
    /// The best message of each archive, and of each session's live messages, that has any of the query's words, the best first. Where few
    /// archives have very many of them, so that the best messages are all theirs, the others are looked for up to four times.
    /// </summary>
    /// <param name="segments">Where to look; those that turn out to be unreadable are taken out.</param>
    /// <param name="user">The user.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="limit">How many archives are wanted; more are answered where they are found at once.</param>
    /// <param name="filter">Which messages may be found.</param>
    /// <param name="where">Which archives may be found.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<IReadOnlyList<MessageMatch>> SearchAsync(
        List<SegmentReader> segments, UserKey user, string query, int limit, MessageFilter filter, Predicate<SegmentArchive> where,
        CancellationToken cancellationToken)
    {
        var best = new Dictionary<(CommitId, string), MessageMatch>();
        MessageFilter others = filter with
        {
            Archive = a => !best.ContainsKey(PlaceOf(a)) && where(a),
        };
        for (int round = 1; round <= MaxRounds; round++)
        {
            IReadOnlyList<MessageMatch> matches = await SearchReadableAsync(segments, user, query, others, cancellationToken);
            foreach (MessageMatch match in matches)
            {
                best.TryAdd(PlaceOf(match.Archive), match);
            }

            if (matches.Count < SegmentSearch.MaxHits || best.Count >= limit)
            {
                break;
            }
        }

        return [.. best.Values.OrderByDescending(static m => m.Score)];

        static (CommitId, string) PlaceOf(SegmentArchive archive) => (archive.IsLive ? default : archive.CommitId, archive.Incarnation);
    }

    /// <summary>The messages that have any of the query's words, the best first: at most <see cref="SegmentSearch.MaxHits"/>.</summary>
    /// <remarks>
    /// What is large is read when it is searched, and may turn out to be damaged, or to be merged or deleted since it was listed. The first
    /// is found out by a search of each, taken out of the segments, and the others are searched without it; after the second the segments
    /// that are stored are listed again.
    /// </remarks>
    /// <exception cref="ContentionException">Segments had gone each time when they were to be read.</exception>
    public async Task<IReadOnlyList<MessageMatch>> SearchReadableAsync(
        List<SegmentReader> segments, UserKey user, string query, MessageFilter filter, CancellationToken cancellationToken)
    {
        int listings = 0;
        while (segments.Count > 0)
        {
            try
            {
                return await SegmentSearch.SearchAsync(segments, query, filter, SegmentSearch.MaxHits, cancellationToken);
            }
            catch (Exception e) when (e is BlobGoneException or FormatException)
            {
                if (e is FormatException && await RemoveDamagedAsync(segments, user, query, filter, cancellationToken))
                {
                    continue;
                }
            }

            if (++listings == MovingIndex.MaxListings)
            {
                throw MovingIndex.Contention(user, MovingIndex.MaxListings);
            }

            List<SegmentReader> now = await OpenAsync(user, cancellationToken);
            segments.RemoveAll(static s => s.Archives is not [{ IsLive: true }, ..]);
            segments.AddRange(now);
        }

        return [];
    }

    // False: none is, and those that were read have gone.
    private async Task<bool> RemoveDamagedAsync(
        List<SegmentReader> segments, UserKey user, string query, MessageFilter filter, CancellationToken cancellationToken)
    {
        int before = segments.Count;
        for (int i = segments.Count - 1; i >= 0; i--)
        {
            if (await IsDamagedAsync(segments[i], user, query, filter, cancellationToken))
            {
                segments.RemoveAt(i);
            }
        }

        return segments.Count < before;
    }

    private async Task<bool> IsDamagedAsync(
        SegmentReader segment, UserKey user, string query, MessageFilter filter, CancellationToken cancellationToken)
    {
        try
        {
            await SegmentSearch.SearchAsync([segment], query, filter, SegmentSearch.MaxHits, cancellationToken);
            return false;
        }
        catch (BlobGoneException)
        {
            return false;
        }
        catch (FormatException e)
        {
            logger.SegmentUnreadable(
                e, user, string.Join(", ", segment.Archives.Take(10).Select(static a => $"{a.SessionId}, archive {a.Number}")));
            return true;
        }
    }

    /// <summary>
    /// What a hit says of the message; <see langword="null"/>: it is longer than is read for a hit, cannot be read, or has gone.
    /// </summary>
    /// <param name="user">Whose message it is.</param>
    /// <param name="match">The message.</param>
    /// <param name="terms">What is asked: <see cref="TermsOf"/>.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<MessageHit?> ReadAsync(
        UserKey user, MessageMatch match, IReadOnlySet<string> terms, CancellationToken cancellationToken)
    {
        if (match.Length > MaxLineBytes)
        {
            return null;
        }

        SegmentArchive archive = match.Archive;
        var commit = new CommitAttempt(user.Session(archive.SessionId), archive.Incarnation, archive.CommitId, archive.Attempt);
        try
        {
            BlobLine line = await BlobLines.ReadAsync(
                storage.Container, ArchiveStore.MessagesName(commit), match.Offset, match.Length + 1, cancellationToken)
                .FirstOrDefaultAsync(cancellationToken);
            return HitOf(SessionMessage.Parse(line.Content), terms);
        }
        catch (Exception e) when (e is BlobGoneException or FormatException)
        {
            return null;
        }
    }

    /// <summary>What a hit says of a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="terms">What is asked: <see cref="TermsOf"/>.</param>
    public static MessageHit HitOf(SessionMessage message, IReadOnlySet<string> terms) =>
        new(message.Id, message.Role, message.PeerId, message.CreatedAt, Snippet(message, terms));

    /// <summary>The terms of a query by which snippets are cut.</summary>
    public static IReadOnlySet<string> TermsOf(string query) =>
        SearchTerms.OfQuery(query, SegmentSearch.MaxLookups).ToHashSet(StringComparer.Ordinal);

    private static string Snippet(SessionMessage message, IReadOnlySet<string> terms) => Snippet(MessageText.ThatIsSaid(message), terms);

    /// <summary>Of the text that has most of the query's words, what is around the first of them.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="terms">What is asked: <see cref="TermsOf"/>.</param>
    public static string Snippet(IEnumerable<string> texts, IReadOnlySet<string> terms)
    {
        string text = texts.MaxBy(t => SearchTerms.Of(t).Where(terms.Contains).Distinct().Count()) ?? "";
        return Excerpt.Around(text, SearchTerms.Find(text, terms) ?? 0, SnippetBefore, MessageHit.MaxSnippetLength);
    }

    // The newest of them, by when they were written.
    private async Task<IReadOnlyCollection<BlobItem>> ListAsync(UserKey user, CancellationToken cancellationToken)
    {
        var newest = new PriorityQueue<BlobItem, DateTimeOffset>();
        var options = new GetBlobsOptions { Prefix = BlobNames.SearchOfUser(user) };
        bool isMore = false;
        await foreach (BlobItem blob in storage.Container.GetBlobsAsync(options, cancellationToken))
        {
            newest.Enqueue(blob, blob.Properties.LastModified!.Value);
            if (newest.Count > MaxSegments)
            {
                newest.Dequeue();
                isMore = true;
            }
        }

        if (isMore)
        {
            logger.TooManySegments(user, MaxSegments);
        }

        return [.. newest.UnorderedItems.Select(static i => i.Element)];
    }

    private static bool IsOfLevel0(string name) => BlobNames.FindSearchSegment(name) is not null;

    // Null: it is damaged.
    private async Task<SegmentReader?> FindAsync(UserKey user, BlobItem blob, CancellationToken cancellationToken)
    {
        var remembered = ("segment", blob.Name);
        if (memory.TryGetValue(remembered, out SegmentReader? known))
        {
            return known;
        }

        try
        {
            var bytes = new BlobSegment(storage.Container.GetBlobClient(blob.Name), blob.Properties.ContentLength!.Value);
            ISegmentBytes forQueries = bytes.Length > BlobSegment.SmallBytes ? new CachedSegment(bytes, blob.Name, memory) : bytes;
            SegmentReader reader = await SegmentReader.OpenAsync(bytes, forQueries, cancellationToken);
            return memory.Set(remembered, reader, HostCache.Sized(reader.ResidentBytes + bytes.ResidentBytes, s_unused));
        }
        catch (FormatException e)
        {
            logger.SegmentUnreadable(e, user, blob.Name);
            return null;
        }
    }
}
