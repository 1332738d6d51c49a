using System.Text;

namespace DurableSessions.Core.Indexing;

/// <summary>
/// Ranks the messages of segments by the words of a query: Okapi BM25 over all of them together, with half of what the message before and
/// the one after have, and a quarter of what the archive has as one text.
/// </summary>
/// <remarks>
/// BM25: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). The shares were measured on long
/// conversations with questions: an answer often stands beside the words of its question. An archive that is in more than one segment, as
/// while segments are merged, counts once.
/// </remarks>
internal static class SegmentSearch
{
    /// <summary>The most messages that one search finds.</summary>
    public const int MaxHits = 100;

    /// <summary>
    /// The most different words of a query that are looked up, half of them its first and half its last; of those that come anywhere, the
    /// <see cref="MaxTerms"/> rarest rank. A query may be a whole prompt.
    /// </summary>
    public const int MaxLookups = 256;

    /// <summary>The most words that rank.</summary>
    public const int MaxTerms = 32;

    private const int ReadAtOnce = 16;
    private const double NeighbourShare = 0.5;
    private const double ArchiveShare = 0.25;

    /// <summary>The messages that have any of the query's words, the best first.</summary>
    /// <param name="segments">Where to look.</param>
    /// <param name="query">A text of any length.</param>
    /// <param name="filter">What may be found.</param>
    /// <param name="limit">1 to <see cref="MaxHits"/>.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="FormatException">A segment is damaged.</exception>
    public static async Task<IReadOnlyList<MessageMatch>> SearchAsync(
        IReadOnlyList<SegmentReader> segments, string query, MessageFilter filter, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(segments);
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxHits);
        byte[][] words = [.. SearchTerms.OfQuery(query, MaxLookups).Select(Encoding.UTF8.GetBytes)];
        ScoredSegment[] scored = Own(segments);
        await ForEachAsync(scored, async segment =>
            segment.Terms = await segment.Reader.FindAsync(words, cancellationToken));

        // The rarest, and of those that are as rare the first.
        int[] ranking =
        [
            .. Enumerable.Range(0, words.Length)
                .Select(i => (Index: i, Messages: scored.Sum(s => (long)(s.Terms[i]?.Messages ?? 0))))
                .Where(static w => w.Messages > 0)
                .OrderBy(static w => w.Messages)
                .ThenBy(static w => w.Index)
                .Take(MaxTerms)
                .Select(static w => w.Index),
        ];
        if (ranking.Length == 0)
        {
            return [];
        }

        await ForEachAsync(scored, segment => segment.ReadAsync(ranking, cancellationToken));
        try
        {
            return Rank(scored, ranking.Length, filter, limit);
        }
        finally
        {
            Array.ForEach(scored, static s => s.Dispose());
        }

        async Task ForEachAsync(ScoredSegment[] all, Func<ScoredSegment, Task> read)
        {
            foreach (ScoredSegment[] chunk in all.Chunk(ReadAtOnce))
            {
                await Task.WhenAll(chunk.Select(read));
            }
        }
    }

    // Where an archive is in more than one segment, it is that of the segment with the most messages.
    private static ScoredSegment[] Own(IReadOnlyList<SegmentReader> segments)
    {
        var owned = new HashSet<SegmentArchive>();
        return
        [
            .. segments.OrderByDescending(static s => s.Messages)
                .Select(s => new ScoredSegment(s, [.. s.Archives.Select(owned.Add)])),
        ];
    }

    private static List<MessageMatch> Rank(ScoredSegment[] segments, int terms, MessageFilter filter, int limit)
    {
        long messages = segments.Sum(static s => (long)s.Messages);
        long length = segments.Sum(static s => s.Length);
        int archives = segments.Sum(static s => s.Archives);
        var messageScale = new Bm25Scale(messages, length);
        var archiveScale = new Bm25Scale(archives, length);
        QueryWord[] words =
        [
            .. Enumerable.Range(0, terms).Select(term => new QueryWord(messageScale, segments.Sum(s => (long)s.Counted[term]))),
        ];

        // One that is in no message that counts says the most, and adds nothing.
        double rarest = words.Where((_, term) => segments.Any(s => s.Counted[term] > 0)).Select(static w => w.Rarity)
            .DefaultIfEmpty(1).Max();
        foreach (ScoredSegment segment in segments)
        {
            for (int term = 0; term < terms; term++)
            {
                segment.Score(term, words[term]);
            }
        }

        for (int term = 0; term < terms; term++)
        {
            int having = segments.Sum(s => s.CountArchives(term));
            Array.ForEach(segments, s => s.ScoreArchives(term, archiveScale, having));
        }

        var best = new PriorityQueue<(ScoredSegment Segment, int Message), (double Rank, int, int)>();
        for (int place = 0; place < segments.Length; place++)
        {
            ScoredSegment segment = segments[place];
            segment.Rank(filter, NeighbourShare, ArchiveShare, (message, rank) =>
            {
                // Of those of one rank, the first segment's first message is the best.
                (double, int, int) priority = (rank, -place, -message);
                if (best.Count < MaxHits)
                {
                    best.Enqueue((segment, message), priority);
                }
                else
                {
                    best.EnqueueDequeue((segment, message), priority);
                }

                return best.Count == MaxHits && best.TryPeek(out _, out (double Rank, int, int) least)
                    ? least.Rank
                    : double.NegativeInfinity;
            });
        }

        var hits = new List<MessageMatch>(best.Count);
        while (best.TryDequeue(out (ScoredSegment Segment, int Message) hit, out _))
        {
            MessageMatch match = hit.Segment.MatchOf(hit.Message, words, rarest);

            // What is ranked before another has as much as that, so that none is left out for one of less.
            hits.Add(hits.Count == 0 ? match : match with { Score = Math.Max(match.Score, hits[^1].Score) });
        }

        hits.Reverse();
        return hits.Count > limit ? hits.GetRange(0, limit) : hits;
    }
}
