using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// One line of Markdown from any source, as text that cannot change the structure of the overview: no markers, tags, links or
/// control characters; code spans stay, each closed.
/// </summary>
internal static partial class InlineText
{
    /// <summary>The text of a line, without the backslashes that <see cref="Escape"/> put in.</summary>
    public static string Clean(string line)
    {
        string text = Characters(line);
        text = Comment().Replace(text, " ");
        text = Image().Replace(text, "$1");
        text = Link().Replace(text, static link => Target(link.Groups[1].Value, link.Groups[2].Value));
        text = Tag().Replace(text, " ");
        return StripMarkers(Spans(text));
    }

    /// <summary>Without what begins a heading, quotation, list item, checkbox, table row or fence.</summary>
    public static string StripMarkers(string text)
    {
        ReadOnlySpan<char> rest = text;
        int before;
        do
        {
            before = rest.Length;
            foreach (ValueMatch marker in Marker().EnumerateMatches(rest))
            {
                // There is one at most: it stands at the beginning.
                rest = rest[marker.Length..];
                break;
            }

            rest = rest.Trim();
        }
        while (rest.Length < before);

        return rest.Length == text.Length ? text : rest.ToString();
    }

    /// <summary>
    /// As it is written into a list item of the overview: what was put together from parts may begin with a marker again.
    /// </summary>
    public static string Escape(string text)
    {
        text = StripMarkers(text);
        StringBuilder escaped = new(text.Length + 8);
        bool code = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            code ^= c == '`';
            if (!code && (c == '<' || (c == '[' && i == 0) || (c == '(' && i > 0 && text[i - 1] == ']')))
            {
                escaped.Append('\\');
            }

            escaped.Append(c);
        }

        return escaped.ToString();
    }

    private static string Target(string text, string address) => text == address ? address : $"{text} ({address})";

    // White space becomes one space; control and direction characters go; half a surrogate pair is replaced.
    private static string Characters(string line)
    {
        StringBuilder text = new(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (char.IsWhiteSpace(c) || c == '\0')
            {
                if (text.Length > 0 && text[^1] != ' ')
                {
                    text.Append(' ');
                }
            }
            else if (char.IsHighSurrogate(c) && i + 1 < line.Length && char.IsLowSurrogate(line[i + 1]))
            {
                text.Append(c).Append(line[++i]);
            }
            else if (char.IsSurrogate(c))
            {
                text.Append('\uFFFD');
            }
            else if (c == '\u200D' || char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format))
            {
                text.Append(c);
            }
        }

        return text.ToString();
    }

    // Drops emphasis and the backslashes of Escape, and makes code spans closed spans of one backtick.
    private static string Spans(string line)
    {
        StringBuilder text = new(line.Length);
        Queue<(int Start, int Length)> longest = LongestFences(line);
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '`')
            {
                int length = FenceLength(line, i);
                i += length - 1;
                while (longest.Count > 0 && longest.Peek().Start <= i)
                {
                    longest.Dequeue();
                }

                // Looked for only where it is: so no part of the line is searched twice.
                if (longest.Count > 0 && longest.Peek().Length >= length)
                {
                    int close = CloseOf(line, i + 1, length);
                    text.Append('`').Append(line.AsSpan(i + 1, close - i - 1).ToString().Replace('`', '\'').Trim()).Append('`');
                    i = close + length - 1;
                }
            }
            else if (c == '\\' && i + 1 < line.Length && line[i + 1] is '<' or '[' or '('
                && (line[i + 1] != '(' || (i > 0 && line[i - 1] == ']')))
            {
                text.Append(line[++i]);
            }
            else if (c != '*' || !IsEmphasis(line, i))
            {
                text.Append(c);
            }
        }

        return text.ToString().Trim();
    }

    // The runs of backticks that are longer than every run behind them, in order: the first of those behind a place is the
    // longest there.
    private static Queue<(int Start, int Length)> LongestFences(string line)
    {
        Stack<(int Start, int Length)> fences = [];
        for (int start = line.IndexOf('`', StringComparison.Ordinal); start >= 0;)
        {
            int length = FenceLength(line, start);
            while (fences.Count > 0 && fences.Peek().Length <= length)
            {
                fences.Pop();
            }

            fences.Push((start, length));
            start = line.IndexOf('`', start + length);
        }

        return new Queue<(int Start, int Length)>(fences.Reverse());
    }

    // Where the first run of at least so many backticks begins; there is one.
    private static int CloseOf(string line, int from, int length)
    {
        int start = line.IndexOf('`', from);
        while (FenceLength(line, start) is var found && found < length)
        {
            start = line.IndexOf('`', start + found);
        }

        return start;
    }

    private static int FenceLength(string line, int start)
    {
        int other = line.AsSpan(start).IndexOfAnyExcept('`');
        return other < 0 ? line.Length - start : other;
    }

    private static bool IsEmphasis(string line, int i)
    {
        char before = i > 0 ? line[i - 1] : ' ';
        char after = i + 1 < line.Length ? line[i + 1] : ' ';
        return before == '*' || after == '*' || char.IsLetterOrDigit(before) != char.IsLetterOrDigit(after);
    }

    [GeneratedRegex(@"^(?:[>|=*•·–—]+|[-#+_]+(?= |$)|~{3,}|`{3,}|\[[ xX]\] |[0-9]{1,3}[.)] )\s*", RegexOptions.CultureInvariant)]
    private static partial Regex Marker();

    [GeneratedRegex("<!--.*?(?:-->|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Comment();

    [GeneratedRegex(@"!\[([^\]\[]*)\]\([^()\s]*(?: [^()]*)?\)", RegexOptions.CultureInvariant)]
    private static partial Regex Image();

    [GeneratedRegex(@"\[([^\]\[]+)\]\(([^()\s]+)(?: [^()]*)?\)", RegexOptions.CultureInvariant)]
    private static partial Regex Link();

    [GeneratedRegex(
        @"</?(?:a|abbr|b|blockquote|body|br|button|code|dd|details|div|dl|dt|em|font|form|h[1-6]|head|hr|html|i|iframe|img|input|kbd"
        + @"|li|link|meta|object|ol|p|pre|s|script|section|small|span|strong|style|sub|summary|sup|svg|table|tbody|td|th|thead|tr|u|ul"
        + @"|video)(?:\s[^<>]*)?/?>",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Tag();
}
