using System.Globalization;
using System.Text;

namespace DurableSessions.Semantics.Extractive;

/// <summary>Cuts text where it may be cut.</summary>
internal static class Clip
{
    private const char Ellipsis = '…';

    /// <summary>
    /// At most <paramref name="max"/> characters: the whole text, else up to the end of a clause, else of a word, with an
    /// ellipsis. Never parts a text element or a code span.
    /// </summary>
    public static string AtClause(string text, int max)
    {
        if (text.Length <= max)
        {
            return text;
        }

        int limit = Boundary(text, max - 1);
        int clause = -1;
        int word = -1;
        bool code = false;
        for (int i = 0; i < limit; i++)
        {
            char c = text[i];
            code ^= c == '`';
            if (code)
            {
                continue;
            }

            bool spaceFollows = i + 1 >= text.Length || text[i + 1] == ' ';
            if ((c is ',' or ';' or ':' or '.' && spaceFollows) || c is '，' or '；' or '：' or '。' or '、'
                || (c is '–' or '—' && spaceFollows))
            {
                clause = i;
            }
            else if (c == '(' && i > 0 && text[i - 1] == ' ')
            {
                clause = i - 1;
            }

            if (c == ' ' || Scripts.IsIdeographic(c))
            {
                word = c == ' ' ? i : i + 1;
            }
        }

        int cut = clause >= max * 2 / 5 ? clause : word >= max / 3 ? word : code ? text.LastIndexOf('`', limit - 1) : limit;
        cut = cut < max / 4 ? limit : cut;
        string kept = text[..Math.Min(cut, limit)].TrimEnd(' ', ',', ';', ':', '，', '；', '：', '、', '—', '–', '-', '(');
        if (kept.LastIndexOf("~~", StringComparison.Ordinal) is >= 0 and var struck && kept.Split("~~").Length % 2 == 0)
        {
            kept = kept.Remove(struck, 2);
        }

        return (Count(kept, '`') % 2 == 1 ? kept.Replace("`", "", StringComparison.Ordinal) : kept) + Ellipsis;
    }

    /// <summary>The last place not after <paramref name="index"/> that is between two text elements.</summary>
    public static int Boundary(string text, int index)
    {
        if (index <= 0 || index >= text.Length)
        {
            return Math.Clamp(index, 0, text.Length);
        }

        // Elements longer than this (a letter under a heap of marks) may be cut between code points.
        int start = Math.Max(0, index - 64);
        start -= start > 0 && char.IsLowSurrogate(text[start]) ? 1 : 0;
        int position = start;
        while (position < index)
        {
            int next = position + StringInfo.GetNextTextElementLength(text, position);
            if (next > index)
            {
                break;
            }

            position = next;
        }

        return position > start ? position : char.IsLowSurrogate(text[index]) && char.IsHighSurrogate(text[index - 1]) ? index - 1 : index;
    }

    /// <summary>The beginning and the end of a text that is too long to be read whole, with a line break between them.</summary>
    public static string Ends(string text, int head, int tail)
    {
        if (text.Length <= head + tail)
        {
            return text;
        }

        return new StringBuilder(head + tail + 1)
            .Append(text, 0, Boundary(text, head)).Append('\n').Append(text.AsSpan(Boundary(text, text.Length - tail))).ToString();
    }

    private static int Count(string text, char c) => text.AsSpan().Count(c);
}
