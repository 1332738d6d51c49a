using System.Globalization;
using System.Text.RegularExpressions;
using DurableSessions.Core.Indexing;

namespace DurableSessions.Benchmarks.Quality;

/// <summary>Whether a text has an answer's words: all of them, by their stems, without the stop words of the search.</summary>
internal sealed partial class AnswerWords
{
    private readonly HashSet<string> _all = new(StringComparer.Ordinal);
    private readonly List<HashSet<string>> _lines = [];

    /// <param name="lines">The lines, or sentences, or messages of the text.</param>
    public AnswerWords(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            _all.UnionWith(SearchTerms.Of(line));
            _lines.Add(SearchTerms.Of($"{line} {string.Join(' ', Day().Matches(line).Select(static m => WrittenOut(m.Value)))}")
                .ToHashSet(StringComparer.Ordinal));
        }
    }

    /// <summary>Whether the text has them, anywhere.</summary>
    public bool Has(string answer) => Of(answer).All(_all.Contains);

    /// <summary>Whether one line has them all; there 2023-05-07 has the words of "7 May 2023" as well.</summary>
    public bool HasInOneLine(string answer)
    {
        IReadOnlyCollection<string> terms = Of(answer);
        return _lines.Any(l => terms.All(l.Contains));
    }

    private static IReadOnlyCollection<string> Of(string answer) => SearchTerms.OfQuery(answer, SegmentSearch.MaxLookups);

    private static string WrittenOut(string day) =>
        DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date)
            ? date.ToString("d MMMM yyyy", CultureInfo.InvariantCulture)
            : "";

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}", RegexOptions.CultureInvariant)]
    private static partial Regex Day();
}
