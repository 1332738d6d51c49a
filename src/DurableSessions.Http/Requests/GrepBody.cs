using System.Text.RegularExpressions;
using DurableSessions.Http.Callers;

namespace DurableSessions.Http.Requests;

/// <summary>What a client looks for by a regular expression.</summary>
/// <param name="Uri">Where.</param>
/// <param name="Pattern">The expression, of .NET.</param>
/// <param name="Limit">The most matches.</param>
internal sealed record GrepBody(VikingUri Uri, Regex Pattern, int Limit)
{
    private const int MaxPattern = 1_000;
    private const int DefaultMatches = 256;
    private const int MostMatches = 1_000;

    private static readonly TimeSpan s_longestMatch = TimeSpan.FromMilliseconds(250);

    /// <summary>Reads the fields of a body.</summary>
    public static GrepBody Of(JsonField body, Caller caller) => Of(body, body["pattern"], caller, DefaultMatches);

    /// <summary>Reads the fields of a body, with one of its patterns.</summary>
    /// <param name="body">The body.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="otherwise">The most matches where the body does not say.</param>
    public static GrepBody Of(JsonField body, JsonField pattern, Caller caller, int otherwise)
    {
        string text = pattern.Text();
        if (text.Length is 0 or > MaxPattern)
        {
            throw pattern.Invalid($"must be 1 to {MaxPattern} characters.", "string_length");
        }

        if (body["exclude_uri"] is { IsSet: true } excluded)
        {
            throw excluded.Invalid("is not supported here; leave it out.", "unsupported");
        }

        bool ignoresCase = body["case_insensitive"] is { IsSet: true } flag && flag.Boolean();
        return new GrepBody(
            VikingUri.Of(body["uri"], caller),
            Compile(pattern, text, ignoresCase ? RegexOptions.IgnoreCase | RegexOptions.CultureInvariant : RegexOptions.CultureInvariant),
            body["node_limit"] is { IsSet: true } limit ? limit.Integer(1, MostMatches) : otherwise);
    }

    // In time linear to the line wherever the pattern allows it: what looks around or back cannot, and has the time limit alone.
    private static Regex Compile(JsonField field, string pattern, RegexOptions options)
    {
        try
        {
            try
            {
                return new Regex(pattern, options | RegexOptions.NonBacktracking, s_longestMatch);
            }
            catch (NotSupportedException)
            {
                return new Regex(pattern, options, s_longestMatch);
            }
        }
        catch (ArgumentException e)
        {
            throw field.Invalid($"is no regular expression: {e.Message}", "pattern");
        }
    }
}
