using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DurableSessions.Core.Semantics.Extractive;

/// <summary>
/// One line of anybody's Markdown as text that cannot change the structure of the overview: no markers, tags, links or
/// control characters; code spans stay, each closed.
/// </summary>
internal static partial class InlineText
{
    /// <summary>The text of a line; whatever <see cref="Escape"/> put in is taken out again.</summary>
    public static string Clean(string line)
    {
        string text = Characters(line);
        text = Comment().Replace(text, " ");
        text = Image().Replace(text, "$1");
        text = Link().Replace(text, static link => link.Groups[1].Value == link.Groups[2].Value ? link.Groups[2].Value : $"{link.Groups[1].Value} ({link.Groups[2].Value})");
        text = Tag().Replace(text, " ");
        return StripMarkers(Spans(text));
    }

    /// <summary>Without what begins a heading, quotation, list item, checkbox, table row or fence.</summary>
    public static string StripMarkers(string text)
    {
        while (true)
        {
            string stripped = Marker().Replace(text, "", 1).Trim();
            if (stripped.Length == text.Length)
            {
                return stripped;
            }

            text = stripped;
        }
    }

    /// <summary>As it is written into a list item of the overview: what was put together from parts may begin with a marker again.</summary>
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

    // Drops emphasis and backslashes of ours, and makes code spans closed spans of one backtick.
    private static string Spans(string line)
    {
        StringBuilder text = new(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '`')
            {
                int open = i;
                while (i + 1 < line.Length && line[i + 1] == '`')
                {
                    i++;
                }

                string fence = line[open..(i + 1)];
                int close = line.IndexOf(fence, i + 1, StringComparison.Ordinal);
                if (close > i + 1)
                {
                    text.Append('`').Append(line.AsSpan(i + 1, close - i - 1).ToString().Replace('`', '\'').Trim()).Append('`');
                    i = close + fence.Length - 1;
                }
            }
            else if (c == '\\' && i + 1 < line.Length && line[i + 1] is '<' or '[' or '(' && (line[i + 1] != '(' || (i > 0 && line[i - 1] == ']')))
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

    [GeneratedRegex(@"</?(?:a|abbr|b|blockquote|body|br|button|code|dd|details|div|dl|dt|em|font|form|h[1-6]|head|hr|html|i|iframe|img|input|kbd|li|link|meta|object|ol|p|pre|s|script|section|small|span|strong|style|sub|summary|sup|svg|table|tbody|td|th|thead|tr|u|ul|video)(?:\s[^<>]*)?/?>", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Tag();
}
