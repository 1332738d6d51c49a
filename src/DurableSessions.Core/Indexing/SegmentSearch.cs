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
        return Rank(scored, ranking.Length, filter, limit);

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
        var frequencies = new (long Messages, int Archives)[terms];
        for (int term = 0; term < terms; term++)
        {
            foreach (ScoredSegment segment in segments)
            {
                (int inMessages, int inArchives) = segment.Count(term);
                frequencies[term] = (frequencies[term].Messages + inMessages, frequencies[term].Archives + inArchives);
            }
        }

        double rarest = frequencies.Where(static f => f.Messages > 0).Select(f => messageScale.Rarity(f.Messages)).DefaultIfEmpty(1).Max();
        var best = new PriorityQueue<(ScoredSegment Segment, int Message), (double, int, int)>();
        for (int place = 0; place < segments.Length; place++)
        {
            ScoredSegment segment = segments[place];
            for (int term = 0; term < terms; term++)
            {
                if (frequencies[term].Messages > 0)
                {
                    segment.Score(term, messageScale, frequencies[term].Messages, rarest, archiveScale, frequencies[term].Archives);
                }
            }

            foreach ((int message, double score) in segment.Scores(filter, NeighbourShare, ArchiveShare))
            {
                // Of those of one score, the first segment's first message is the best.
                (double, int, int) priority = (score, -place, -message);
                if (best.Count < MaxHits)
                {
                    best.Enqueue((segment, message), priority);
                }
                else
                {
                    best.EnqueueDequeue((segment, message), priority);
                }
            }
        }

        var hits = new List<MessageMatch>(best.Count);
        while (best.TryDequeue(out (ScoredSegment Segment, int Message) hit, out _))
        {
            MessageMatch match = hit.Segment.MatchOf(hit.Message);

            // What is ranked before another has as much as that, so that none is left out for one of less.
            hits.Add(hits.Count == 0 ? match : match with { Score = Math.Max(match.Score, hits[^1].Score) });
        }

        hits.Reverse();
        return hits.Count > limit ? hits.GetRange(0, limit) : hits;
    }
}
