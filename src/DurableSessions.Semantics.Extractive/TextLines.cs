using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive;

/// <summary>Takes what people wrote out of a Markdown text: no code blocks, no logs, no tables' rulers.</summary>
internal static partial class TextLines
{
    private const int HeadLength = 48 * 1024;
    private const int TailLength = 16 * 1024;
    private const int MaxLineLength = 4_000;

    /// <summary>
    /// The lines in order; a paragraph that was wrapped by hand is one. Of a long text the first 48 Ki and the last 16 Ki
    /// characters are read: what lies between is pasted, not said.
    /// </summary>
    public static IEnumerable<TextLine> Of(string text)
    {
        string? fence = null;
        TextLine? held = null;
        foreach (string line in Clip.Ends(text, HeadLength, TailLength).Split(['\n', '\r', '\u2028', '\u2029', '\u0085']))
        {
            string trimmed = line.Trim();
            if (fence is not null)
            {
                fence = trimmed.StartsWith(fence, StringComparison.Ordinal) && trimmed.Trim(fence[0]).Length == 0 ? null : fence;
                continue;
            }

            if (trimmed.StartsWith("```", StringComparison.Ordinal) || trimmed.StartsWith("~~~", StringComparison.Ordinal))
            {
                fence = trimmed[..3];
                continue;
            }

            TextLine? next = Read(line, trimmed);
            if (held is { } before && next is { } after && Continues(before, after, line))
            {
                held = before with { Text = before.Text + ' ' + after.Text };
                continue;
            }

            if (held is { } complete)
            {
                yield return complete;
            }

            held = next;
        }

        if (held is { } last)
        {
            yield return last;
        }
    }

    private static TextLine? Read(string line, string trimmed)
    {
        if (trimmed.Length == 0 || IsCode(line, trimmed))
        {
            return null;
        }

        string text = InlineText.Clean(trimmed.Length > MaxLineLength ? trimmed[..Clip.Boundary(trimmed, MaxLineLength)] : trimmed);
        return HasWords(text)
            ? new TextLine(text, Heading().IsMatch(trimmed), Item().IsMatch(trimmed)) { IsQuote = trimmed[0] == '>' }
            : null;
    }

    private static bool Continues(TextLine before, TextLine after, string line) =>
        !before.IsHeading && !after.IsHeading && !after.IsItem
        && before.Text.Length is > 40 and < MaxLineLength && char.IsLower(after.Text[0])
        && before.Text[^1] is not ('.' or '!' or '?' or ':' or '。' or '！' or '？' or '：')
        && !line.StartsWith("    ", StringComparison.Ordinal);

    private static bool IsCode(string line, string trimmed) =>
        (line.StartsWith("    ", StringComparison.Ordinal) && trimmed[^1] is ';' or '{' or '}' or ')')
        || trimmed[^1] is '{' or '}' || LogLine().IsMatch(trimmed);

    // At least two in five characters are letters (of any script), and there are two of them at all.
    private static bool HasWords(string text)
    {
        int letters = 0;
        foreach (char c in text)
        {
            letters += char.IsLetter(c) || char.IsSurrogate(c) ? 1 : 0;
        }

        return letters >= 2 && letters * 5 >= text.Length * 2;
    }

    [GeneratedRegex(@"^#{1,6}\s", RegexOptions.CultureInvariant)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^(?:[-*+•]|[0-9]{1,3}[.)])\s", RegexOptions.CultureInvariant)]
    private static partial Regex Item();

    [GeneratedRegex(
        @"^(?:at [A-Za-z_$][\w.$<>`]*\(|File "".*"", line \d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|\[?\d\d:\d\d:\d\d|(?:\+\+\+|---|@@) "
        + @"|\s*\d+[→|\t])",
        RegexOptions.CultureInvariant)]
    private static partial Regex LogLine();
}
