using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// What of a statement may be overtaken by a later one: its numbers, what it calls by name, whether it tells of a problem.
/// </summary>
internal sealed partial class Facets
{
    private const int MaxNumbers = 8;

    private Facets(string text)
    {
        string said = RelativeDates.Without(text);
        Signals signals = Signals.Of(said);
        IsProblem = signals.Has(Cue.Problem) && !signals.Has(Cue.Fixed);
        IsFixed = signals.Has(Cue.Fixed);
        Adopts = Adoption().IsMatch(said);
        Names = [.. NameFinder.In(said).Where(static n => n.Kind is NameKind.File or NameKind.Identifier or NameKind.Reference)
            .Select(static n => n.Name)];
        Numbers = [.. Number().Matches(said).Take(MaxNumbers).Select(static m => new Quantity(
            m.Groups["number"].Value, m.Value, m.Groups["unit"].Success ? Terms.HashOf(m.Groups["unit"].Value.ToLowerInvariant()) : 0))];
        Days = [.. Day().Matches(said).Take(MaxNumbers).Select(static m => m.Value)];
    }

    /// <summary>Whether something does not work, and nothing says that it does now.</summary>
    public bool IsProblem { get; }

    /// <summary>Whether something works now, or is done.</summary>
    public bool IsFixed { get; }

    /// <summary>Whether something is chosen, used or planned.</summary>
    public bool Adopts { get; }

    /// <summary>Files, identifiers and numbers of tickets.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Numbers, each with the word behind it.</summary>
    public IReadOnlyList<Quantity> Numbers { get; }

    /// <summary>Days and times of day, as they are written.</summary>
    public IReadOnlyList<string> Days { get; }

    public static Facets Of(string text) => new(text);

    /// <summary>A number in a text.</summary>
    /// <param name="Number">Its digits.</param>
    /// <param name="Written">The number with the word behind it.</param>
    /// <param name="Unit">That word, as a term; 0: there is none.</param>
    internal sealed record Quantity(string Number, string Written, uint Unit);

    [GeneratedRegex(
        @"(?<![\p{L}\p{N}_.,:/~-])(?<number>[0-9][0-9,]*(?:\.[0-9]+)?)"
        + @"(?: (?<unit>\p{Ll}{3,24})\b|[ ]?(?<unit>[\u4E00-\u9FFF]))?(?![0-9:/-])",
        RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(
        @"\b(?:[0-9]{1,2}(?:st|nd|rd|th)?(?: of)? )?(?:January|February|March|April|May|June|July|August|September|October|November"
        + "|December)"
        + @"(?: [0-9]{1,2}(?![0-9]))?|\b[0-9]{1,2}:[0-9]{2}\b"
        + @"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b(?:Easter|Whitsun|Christmas)\b",
        RegexOptions.CultureInvariant)]
    private static partial Regex Day();

    [GeneratedRegex(
        @"\b(?:us(?:e|es|ed|ing)|chose|chosen|go(?:ing)? with|decided|let's|i'd|added|adds?|writes?|wrote|set up|booked|takes?"
        + "|installed|plans?"
        + @"|puts?|switch(?:ed)?|made|makes?|separate|stays?|keep|point|raised|raising|listens)\b|用|选|决定|建议|放",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Adoption();
}
