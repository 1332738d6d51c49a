using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Recall;

/// <summary>
/// Ranks short texts by the words of a query (Okapi BM25). A text is added, replaced or taken out by itself; nothing is ever built
/// anew. Not safe for callers at the same time.
/// </summary>
internal sealed class Bm25Index
{
    private readonly Dictionary<string, Dictionary<string, int>> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _postings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _lengths = new(StringComparer.Ordinal);
    private long _totalLength;
    private long _places;

    public int Count => _texts.Count;

    /// <summary>What it takes in memory, estimated: an entry of each text for each of its words, and of each word for each text.</summary>
    public long Bytes => 128 * _places;

    public void Set(string id, string text)
    {
        Remove(id);
        var terms = new Dictionary<string, int>(StringComparer.Ordinal);
        int length = 0;
        foreach (string term in SearchTerms.Of(text))
        {
            terms[term] = terms.GetValueOrDefault(term) + 1;
            length++;
        }

        foreach (string term in terms.Keys)
        {
            if (!_postings.TryGetValue(term, out HashSet<string>? ids))
            {
                _postings[term] = ids = new HashSet<string>(StringComparer.Ordinal);
            }

            ids.Add(id);
        }

        _texts[id] = terms;
        _lengths[id] = length;
        _totalLength += length;
        _places += terms.Count;
    }

    public void Remove(string id)
    {
        if (!_texts.Remove(id, out Dictionary<string, int>? terms))
        {
            return;
        }

        _lengths.Remove(id, out int length);
        _totalLength -= length;
        _places -= terms.Count;
        foreach (string term in terms.Keys)
        {
            HashSet<string> ids = _postings[term];
            ids.Remove(id);
            if (ids.Count == 0)
            {
                _postings.Remove(term);
            }
        }
    }

    /// <summary>How many of these terms a text has.</summary>
    public int Having(string id, IReadOnlySet<string> terms) => terms.Count(_texts[id].ContainsKey);

    /// <summary>
    /// The texts that have any of the query's words, the best first by BM25. Their scores are in 0 to 1: of the words that a text has,
    /// each counts by its rarity beside the rarest word of the query that any text has, and a little by how often it comes. So what a score
    /// says does not depend on how many texts there are, nor on the words of a long query that come nowhere.
    /// </summary>
    public IReadOnlyList<(string Id, double Score)> Search(string query)
    {
        List<(HashSet<string> Ids, string Term)> found =
        [
            .. SearchTerms.OfQuery(query, _postings.ContainsKey).Select(term => (_postings[term], term)),
        ];
        if (found.Count == 0)
        {
            return [];
        }

        var scale = new Bm25Scale(Count, _totalLength);
        double rarest = found.Max(f => scale.Rarity(f.Ids.Count));
        var ranks = new Dictionary<string, (double Bm25, double Evidence)>(StringComparer.Ordinal);
        foreach ((HashSet<string> ids, string term) in found)
        {
            double rarity = scale.Rarity(ids.Count);
            foreach (string id in ids)
            {
                double frequency = scale.Frequency(_texts[id][term], _lengths[id]);
                (double bm25, double evidence) = ranks.GetValueOrDefault(id);
                double rank = Bm25Scale.Rank(rarity, frequency);
                ranks[id] = (bm25 + rank, evidence + Bm25Scale.Evidence(rarity, rank, rarest));
            }
        }

        (string Id, double Score)[] hits =
        [
            .. ranks.OrderByDescending(static r => r.Value.Bm25)
                .ThenBy(static r => r.Key, StringComparer.Ordinal)
                .Select(static r => (r.Key, Bm25Scale.Score(r.Value.Evidence))),
        ];

        // What is ranked before another has as much as that, so that none is left out for one of less.
        for (int i = hits.Length - 2; i >= 0; i--)
        {
            hits[i].Score = Math.Max(hits[i].Score, hits[i + 1].Score);
        }

        return hits;
    }
}
