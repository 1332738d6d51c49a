using System.Text.RegularExpressions;
using DurableSessions.Http.Callers;

namespace DurableSessions.Http.Requests;

/// <summary>What a client looks for by a regular expression.</summary>
/// <param name="Uri">Where.</param>
/// <param name="Patterns">The expressions, of .NET.</param>
/// <param name="Limit">The most matches.</param>
internal sealed record GrepBody(VikingUri Uri, IReadOnlyList<Regex> Patterns, int Limit)
{
    private const int MaxPattern = 1_000;
    private const int DefaultMatches = 256;
    private const int MostMatches = 1_000;

    // Of one that goes back and forth in a line; one that does not takes its length.
    private static readonly TimeSpan s_longestMatch = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestLinear = TimeSpan.FromSeconds(5);

    /// <summary>Reads the fields of a body.</summary>
    public static GrepBody Of(JsonField body, Caller caller) => Of(body, [body["pattern"]], caller, DefaultMatches);

    /// <summary>Reads the fields of a body, with its patterns.</summary>
    /// <param name="body">The body.</param>
    /// <param name="patterns">The patterns.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="otherwise">The most matches where the body does not say.</param>
    public static GrepBody Of(JsonField body, IEnumerable<JsonField> patterns, Caller caller, int otherwise)
    {
        if (body["exclude_uri"] is { IsSet: true } excluded)
        {
            throw excluded.Invalid("is not supported here; leave it out.", "unsupported");
        }

        RegexOptions options = body["case_insensitive"] is { IsSet: true } flag && flag.Boolean()
            ? RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
            : RegexOptions.CultureInvariant;
        return new GrepBody(
            VikingUri.Of(body["uri"], caller),
            [.. patterns.Select(p => Compile(p, options))],
            body["node_limit"] is { IsSet: true } limit ? limit.Integer(1, MostMatches) : otherwise);
    }

    // In time linear to the line wherever the pattern allows it: what looks around or back cannot, and has the time limit alone.
    private static Regex Compile(JsonField field, RegexOptions options)
    {
        string pattern = field.Text();
        if (pattern.Length is 0 or > MaxPattern)
        {
            throw field.Invalid($"must be 1 to {MaxPattern} characters.", "string_length");
        }

        try
        {
            try
            {
                return new Regex(pattern, options | RegexOptions.NonBacktracking, s_longestLinear);
            }
            catch (NotSupportedException)
            {
                return new Regex(pattern, options, s_longestMatch);
            }
        }
        catch (RegexParseException e)
        {
            // Without the pattern: it may have a word in it that a plugin looks for in errors.
            throw field.Invalid($"is no regular expression: {e.Error} at character {e.Offset}.", "pattern");
        }
    }
}
