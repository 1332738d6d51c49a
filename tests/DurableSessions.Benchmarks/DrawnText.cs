using System.Text;

namespace DurableSessions.Benchmarks;

/// <summary>Texts of drawn words, some of which come often and most seldom, as in a language. The same numbers draw the same.</summary>
internal sealed class DrawnText
{
    private readonly string[] _words;

    /// <param name="random">Draws the vocabulary.</param>
    /// <param name="vocabulary">How many words there are.</param>
    public DrawnText(Random random, int vocabulary) => _words = [.. Enumerable.Range(0, vocabulary).Select(i => Word(random, i))];

    /// <summary>Zipf's law: the word of rank r comes about 1/r of the time.</summary>
    public string Draw(Random random, int words)
    {
        var text = new StringBuilder();
        for (int i = 0; i < words; i++)
        {
            text.Append(_words[(int)Math.Pow(_words.Length, random.NextDouble()) - 1]).Append(' ');
        }

        return text.ToString();
    }

    // Shorter words come more often: about five letters on average in a text.
    private static string Word(Random random, int rank)
    {
        var word = new StringBuilder();
        for (int left = rank; left > 0 || word.Length < 3; left /= 40)
        {
            word.Append("bcdfghklmnprstvz"[random.Next(16)]).Append("aeiou"[random.Next(5)]);
        }

        return word.ToString();
    }
}
