namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Weighs the names of one kind in bounded memory: the space-saving count, in which a newcomer takes the place of the
/// lightest entry and starts from its weight, which is remembered as possible error.
/// </summary>
internal sealed class NameTally
{
    private const int Capacity = 200;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private long _order;

    /// <summary>Counts a name once.</summary>
    /// <param name="name">As it was written; the first spelling is kept.</param>
    /// <param name="weight">Above zero.</param>
    public void Add(string name, double weight)
    {
        if (_entries.TryGetValue(name, out Entry? entry))
        {
            entry.Weight += weight;
            entry.Sureness = Math.Max(entry.Sureness, weight);
            return;
        }

        double error = 0;
        if (_entries.Count >= Capacity)
        {
            Entry lightest = Lightest();
            _entries.Remove(lightest.Name);
            error = lightest.Weight;
        }

        _entries.Add(name, new Entry(name, _order++) { Weight = error + weight, Error = error, Sureness = weight });
    }

    /// <summary>The names that are surely ones, heaviest first; of equal weight, the first mentioned first.</summary>
    /// <param name="sureness">The least weight that one mention of the name must have had.</param>
    public List<(string Name, double Weight)> Heaviest(double sureness) =>
    [
        .. _entries.Values.Where(e => e.Sureness >= sureness)
            .OrderByDescending(static e => e.Weight - e.Error).ThenBy(static e => e.Order)
            .Select(static e => (e.Name, e.Weight - e.Error)),
    ];

    private Entry Lightest()
    {
        Entry? lightest = null;
        foreach (Entry entry in _entries.Values)
        {
            if (lightest is null || entry.Weight < lightest.Weight || (entry.Weight == lightest.Weight && entry.Order < lightest.Order))
            {
                lightest = entry;
            }
        }

        return lightest!;
    }

    private sealed class Entry(string name, long order)
    {
        public string Name { get; } = name;

        public long Order { get; } = order;

        public double Weight { get; set; }

        public double Error { get; init; }

        public double Sureness { get; set; }
    }
}
