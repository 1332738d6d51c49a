using System.Globalization;
using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Who said a statement and on which day, as far as it is known: it opens the statement's line, and is read back from there.
/// </summary>
/// <param name="Date">The day of <c>created_at</c>, as its client wrote it.</param>
/// <param name="Who">The speaker's name.</param>
internal readonly partial record struct Stamp(DateOnly? Date, string? Who)
{
    /// <summary>The longest name, in characters; a longer one is left out.</summary>
    public const int MaxName = 32;

    private const string DateFormat = "yyyy-MM-dd";

    // Opens the line of an undated text that reads like a stamp; it is dropped where the line is read back.
    private const string Undated = "— ";

    /// <summary>The line of an overview without its list marker: the stamp, then the text.</summary>
    public string Line(string text)
    {
        string written = InlineText.Escape(text);
        return this switch
        {
            ({ } date, { } who) => $"{Written(date)} {who}: {written}",
            ({ } date, null) => $"{Written(date)}: {written}",
            (null, { } who) => $"{who}: {written}",
            _ => Form().IsMatch(written) ? Undated + written : written,
        };
    }

    /// <summary>Parts the line of an overview, without its list marker, into stamp and text.</summary>
    public static (Stamp Stamp, string Text) Parse(string line)
    {
        Match match = Form().Match(line);
        return match.Success && DateOf(match.Groups[1].Value) is { } date
            ? (new Stamp(date, match.Groups[2].Success ? match.Groups[2].Value : null), line[match.Length..])
            : (default, line);
    }

    /// <summary>The day that a time in ISO 8601 begins with; <see langword="null"/> where it begins with none.</summary>
    public static DateOnly? DateOf(string? time) =>
        time is { Length: >= 10 }
        && DateOnly.TryParseExact(time.AsSpan(0, 10), DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date)
            ? date
            : null;

    private static string Written(DateOnly date) => date.ToString(DateFormat, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?: (\p{L}[\p{L}\p{N} .'’_-]{0,31}))?: ", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
