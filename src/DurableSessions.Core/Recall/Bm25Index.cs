namespace DurableSessions.Core.Recall;

/// <summary>
/// Ranks short texts by the words of a query (Okapi BM25). A text is added, replaced or taken out by itself; nothing is ever built
/// anew. Not safe for callers at the same time.
/// </summary>
internal sealed class Bm25Index
{
    private const double Saturation = 1.2;
    private const double LengthWeight = 0.75;

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

    /// <summary>The texts that have any of the query's words, the best first.</summary>
    public IReadOnlyList<(string Id, double Score)> Search(string query)
    {
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        double average = Count == 0 ? 1 : Math.Max(1, (double)_totalLength / Count);
        foreach (string term in SearchTerms.Of(query).Distinct(StringComparer.Ordinal))
        {
            if (!_postings.TryGetValue(term, out HashSet<string>? ids))
            {
                continue;
            }

            double rarity = Math.Log(1 + ((Count - ids.Count + 0.5) / (ids.Count + 0.5)));
            foreach (string id in ids)
            {
                double times = _texts[id][term];
                double length = 1 - LengthWeight + (LengthWeight * _lengths[id] / average);
                scores[id] = scores.GetValueOrDefault(id) + (rarity * times * (Saturation + 1) / (times + (Saturation * length)));
            }
        }

        return
        [
            .. scores.Select(static s => (s.Key, s.Value))
                .OrderByDescending(static s => s.Value)
                .ThenBy(static s => s.Key, StringComparer.Ordinal),
        ];
    }
}
