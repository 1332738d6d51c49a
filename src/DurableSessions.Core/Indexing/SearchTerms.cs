using System.Globalization;
using System.Text;

namespace DurableSessions.Core.Indexing;

/// <summary>
/// The terms of a text: words of letters and digits in lower case; of scripts that are written without spaces, each pair of
/// neighbours and each character alone.
/// </summary>
internal static class SearchTerms
{
    private const int MaxTermLength = 64;

    // What a question is made of whatever it is about.
    private static readonly HashSet<string> s_stopWords = new(
        """
        a about after again all also am an and any are as at be been before but by can could did do does doing done for from get
        had has have he her here hers him his how i if in into is it its just let like make may me might more most my no not now
        of on one only or other our out over please she should so some such than that the their them then there these they this
        those to too up us use very was we were what when where which while who whom whose why will with would yes you your
        d isn ll m re s t ve
        的 了 是 在 我 你 他 她 它 们 我们 你们 他们 这 那 这个 那个 有 和 与 就 不 也 都 很 吗 呢 吧 啊 什么 怎么 哪 请 把 被 给 到 对
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        StringComparer.Ordinal);

    /// <summary>
    /// The terms of a query that are known, each once: without its stop words, where it has any others, known or not. However long the
    /// query is, no more is held than is known.
    /// </summary>
    public static IReadOnlyCollection<string> OfQuery(string text, Predicate<string> isKnown)
    {
        var telling = new HashSet<string>(StringComparer.Ordinal);
        var stopWords = new HashSet<string>(StringComparer.Ordinal);
        bool tells = false;
        foreach ((string term, bool isStopWord, _) in Read(text))
        {
            tells |= !isStopWord;
            if (isKnown(term))
            {
                (isStopWord ? stopWords : telling).Add(term);
            }
        }

        return tells ? telling : stopWords;
    }

    /// <summary>
    /// The terms of a query, each once, without its stop words where it has any others: of more than <paramref name="most"/> different ones
    /// the first half and the last.
    /// </summary>
    public static IReadOnlyCollection<string> OfQuery(string text, int most)
    {
        var telling = new FirstAndLast(most);
        var stopWords = new FirstAndLast(most);
        foreach ((string term, bool isStopWord, _) in Read(text))
        {
            (isStopWord ? stopWords : telling).Add(term);
        }

        return telling.Count > 0 ? telling.All : stopWords.All;
    }

    /// <summary>The terms of a text, in their order.</summary>
    public static IEnumerable<string> Of(string text) => Read(text).Select(static t => t.Term);

    /// <summary>Where the first of these terms begins in a text; <see langword="null"/>: it has none.</summary>
    public static int? Find(string text, IReadOnlySet<string> terms)
    {
        foreach ((string term, _, int place) in Read(text))
        {
            if (terms.Contains(term))
            {
                return place;
            }
        }

        return null;
    }

    // Of two characters of a script without spaces, a pair of stop words is one.
    private static bool IsStopWord(string term) => s_stopWords.Contains(term)
        || (term.Length == 2 && s_stopWords.Contains(term[..1]) && s_stopWords.Contains(term[1..]));

    private static IEnumerable<(string Term, bool IsStopWord, int Place)> Read(string text)
    {
        var word = new StringBuilder();
        Rune? before = null;
        int place = 0;
        int begins = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool alone = IsWrittenWithoutSpaces(rune);
            if (alone || !Rune.IsLetterOrDigit(rune))
            {
                if (word.Length > 0)
                {
                    yield return Word(word.ToString(), begins);
                    word.Clear();
                }
            }
            else
            {
                begins = word.Length == 0 ? place : begins;
                if (word.Length < MaxTermLength)
                {
                    word.Append(Rune.ToLowerInvariant(rune));
                }
            }

            if (alone)
            {
                yield return Sign(rune.ToString(), place);
                if (before is { } first)
                {
                    yield return Sign(first.ToString() + rune, place - first.Utf16SequenceLength);
                }
            }

            before = alone ? rune : null;
            place += rune.Utf16SequenceLength;
        }

        if (word.Length > 0)
        {
            yield return Word(word.ToString(), begins);
        }
    }

    // A stop word is known by its whole form, and indexed by its stem, as any other.
    private static (string Term, bool IsStopWord, int Place) Word(string word, int place) =>
        (EnglishStemmer.Stem(word), IsStopWord(word), place);

    private static (string Term, bool IsStopWord, int Place) Sign(string sign, int place) => (sign, IsStopWord(sign), place);

    private static bool IsWrittenWithoutSpaces(Rune rune) =>
        Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherLetter
        && rune.Value is (>= 0x0E00 and <= 0x0EFF) or (>= 0x2E80 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);

    /// <summary>Different terms: of too many the first half and the last.</summary>
    private sealed class FirstAndLast(int most)
    {
        private readonly HashSet<string> _first = new(StringComparer.Ordinal);
        private readonly HashSet<string> _inLast = new(StringComparer.Ordinal);
        private readonly Queue<string> _last = new();

        public int Count => _first.Count;

        public IReadOnlyCollection<string> All => [.. _first, .. _last];

        public void Add(string term)
        {
            if (_first.Contains(term) || (_first.Count < most / 2 && _first.Add(term)) || !_inLast.Add(term))
            {
                return;
            }

            _last.Enqueue(term);
            if (_last.Count > most - (most / 2))
            {
                _inLast.Remove(_last.Dequeue());
            }
        }
    }
}
