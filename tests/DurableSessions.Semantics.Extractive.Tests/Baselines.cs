using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>What any digest has to beat: other choices of so many characters of the same conversation, made after its end.</summary>
internal static partial class Baselines
{
    /// <summary>The last messages, the first of them cut.</summary>
    public static IReadOnlyList<string> Last(IEnumerable<string> messages, int length)
    {
        string all = string.Join('\n', messages);
        return all[Math.Max(0, all.Length - length)..].Split('\n');
    }

    /// <summary>Sentences drawn with a seed.</summary>
    public static IReadOnlyList<string> Drawn(IEnumerable<string> messages, int length, int seed)
    {
        string[] sentences = [.. SentencesOf(messages)];
        // Seeded: the same on every run, and nothing depends on its being hard to guess.
#pragma warning disable CA5394
        new Random(seed).Shuffle(sentences);
#pragma warning restore CA5394
        return Fitting(sentences, length);
    }

    /// <summary>The sentences nearest to the centroid of all, each word weighed by its count and by how few sentences have it.</summary>
    public static IReadOnlyList<string> Centroid(IEnumerable<string> messages, int length)
    {
        List<(string Text, Dictionary<string, double> Words)> sentences =
        [
            .. SentencesOf(messages).Select(static s => (s, Word().Matches(s)
                .GroupBy(static m => m.Value.ToLowerInvariant(), StringComparer.Ordinal)
                .ToDictionary(static g => g.Key, static g => (double)g.Count(), StringComparer.Ordinal))),
        ];
        Dictionary<string, int> having = new(StringComparer.Ordinal);
        foreach (string word in sentences.SelectMany(static s => s.Words.Keys))
        {
            having[word] = having.GetValueOrDefault(word) + 1;
        }

        double Rarity(string word) => Math.Log((double)sentences.Count / having[word]);
        Dictionary<string, double> centroid = new(StringComparer.Ordinal);
        foreach ((string word, double count) in sentences.SelectMany(static s => s.Words))
        {
            centroid[word] = centroid.GetValueOrDefault(word) + (count * Rarity(word) / sentences.Count);
        }

        double Nearness(Dictionary<string, double> words)
        {
            double norm = Math.Sqrt(words.Sum(w => Math.Pow(w.Value * Rarity(w.Key), 2)));
            return norm == 0 ? 0 : words.Sum(w => w.Value * Rarity(w.Key) * centroid[w.Key]) / norm;
        }

        return Fitting(sentences.OrderByDescending(s => Nearness(s.Words)).Select(static s => s.Text), length);
    }

    private static IEnumerable<string> SentencesOf(IEnumerable<string> messages) =>
        messages.SelectMany(Sentences.Of).Where(static s => s.Length > 2);

    private static List<string> Fitting(IEnumerable<string> sentences, int length)
    {
        List<string> fitting = [];
        foreach (string sentence in sentences)
        {
            length -= sentence.Length + 1;
            if (length < 0)
            {
                break;
            }

            fitting.Add(sentence);
        }

        return fitting;
    }

    // Han text by its pairs of characters.
    [GeneratedRegex(@"[a-zA-Z0-9_'À-ž-]+|[\u3400-\u9FFF](?=([\u3400-\u9FFF]))", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
