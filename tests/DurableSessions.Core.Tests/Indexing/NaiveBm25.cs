namespace DurableSessions.Core.Tests.Indexing;

/// <summary>The ranking of messages as its formulas say, of words that are parted by spaces.</summary>
internal sealed class NaiveBm25
{
    private readonly string[][][] _archives;
    private readonly string[] _words;
    private readonly Dictionary<(int Archive, int Index), double> _hits = [];

    public NaiveBm25(string[][] archives, string query)
    {
        _archives = [.. archives.Select(static a => a.Select(Split).ToArray())];
        _words = [.. Split(query).Distinct().Where(w => Messages.Any(m => m.Contains(w)))];
        double rarest = _words.Select(w => Rarity(w, Messages)).DefaultIfEmpty().Max();
        for (int archive = 0; archive < _archives.Length; archive++)
        {
            for (int message = 0; message < _archives[archive].Length; message++)
            {
                string[] text = _archives[archive][message];
                double evidence = _words.Where(text.Contains)
                    .Sum(w => Rarity(w, Messages) / rarest * (0.7 + (0.3 * Frequency(w, text, Messages))));
                if (evidence > 0)
                {
                    _hits.Add((archive + 1, message), evidence / (1 + evidence));
                }
            }
        }
    }

    /// <summary>The score of each message that is found, but for what its rank adds.</summary>
    public IReadOnlyDictionary<(int Archive, int Index), double> Hits => _hits;

    private string[][] Messages => [.. _archives.SelectMany(static a => a)];

    private string[][] Texts => [.. _archives.Select(static a => a.SelectMany(static m => m).ToArray())];

    public double RankOf(int archive, int message)
    {
        string[][] messages = _archives[archive - 1];
        double beside = (message > 0 ? Rank(messages[message - 1], Messages) : 0)
            + (message + 1 < messages.Length ? Rank(messages[message + 1], Messages) : 0);
        return Rank(messages[message], Messages) + (0.5 * beside) + (0.25 * Rank(Texts[archive - 1], Texts));
    }

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static double Rarity(string word, string[][] texts)
    {
        int having = texts.Count(t => t.Contains(word));
        return Math.Log(1 + ((texts.Length - having + 0.5) / (having + 0.5)));
    }

    private static double Frequency(string word, string[] text, string[][] texts)
    {
        double times = text.Count(w => w == word);
        double average = Math.Max(1, texts.Average(static t => t.Length));
        return times / (times + (1.2 * (0.25 + (0.75 * text.Length / average))));
    }

    private double Rank(string[] text, string[][] texts) =>
        _words.Where(text.Contains).Sum(w => Rarity(w, texts) * Frequency(w, text, texts) * 2.2);
}
