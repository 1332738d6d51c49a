using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive;

/// <summary>Splits a line into sentences, in any script that ends them with a mark.</summary>
internal static partial class Sentences
{
    private static readonly HashSet<string> Abbreviations = new(
        [
            "e.g", "i.e", "etc", "vs", "mr", "mrs", "ms", "dr", "prof", "st", "no", "nr", "approx", "ca", "cf", "z.b", "d.h", "bzw", "inc",
            "fig",
        ],
        StringComparer.OrdinalIgnoreCase);

    public static IEnumerable<string> Of(string line)
    {
        int start = 0;
        bool code = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            code ^= c == '`';
            if (code || !IsEnd(line, i, start))
            {
                continue;
            }

            int end = i + 1;
            while (end < line.Length
                && line[end] is '"' or '\'' or '”' or '’' or ')' or '」' or '』' or '）' or '!' or '?' or '！' or '？' or '.')
            {
                end++;
            }

            if (InlineText.StripMarkers(line[start..end].Trim()) is { Length: > 0 } sentence)
            {
                yield return sentence;
            }

            start = end;
            i = end - 1;
        }

        if (InlineText.StripMarkers(line[start..].Trim()) is { Length: > 0 } rest)
        {
            yield return rest;
        }
    }

    /// <summary>A sentence without the politeness it opens with; empty if there is nothing else.</summary>
    public static string WithoutOpening(string sentence)
    {
        string text = sentence;
        while (Opening().Match(text) is { Success: true } opening)
        {
            text = InlineText.StripMarkers(text[opening.Length..].TrimStart());
        }

        return text.Length > 0 && char.IsLower(text[0]) && text.Length < sentence.Length && !LowerName().IsMatch(text)
            ? char.ToUpperInvariant(text[0]) + text[1..]
            : text;
    }

    private static bool IsEnd(string line, int i, int start)
    {
        switch (line[i])
        {
            case '。' or '！' or '？' or '؟' or '।' or '．':
                return true;
            case '!' or '?':
                return i + 1 >= line.Length || line[i + 1] is ' ' or '"' or '”' or ')' || Scripts.IsIdeographic(line[i + 1]);
            case '.':
                break;
            default:
                return false;
        }

        int next = i + 1;
        while (next < line.Length && line[next] is '"' or '”' or ')' or '.')
        {
            next++;
        }

        if (next < line.Length && line[next] != ' ')
        {
            return false;
        }

        while (next < line.Length && line[next] == ' ')
        {
            next++;
        }

        if (next >= line.Length || char.IsLower(line[next]))
        {
            return next >= line.Length;
        }

        int word = line.LastIndexOf(' ', i, i - start + 1) + 1;
        word = Math.Max(word, start);
        string before = line[word..i].TrimStart('(', '"');
        bool initial = before.Length == 1 && char.IsUpper(before[0]) && before[0] != 'I';
        return !initial && !Abbreviations.Contains(before);
    }

    [GeneratedRegex(
        @"^(?:(?:ok(?:ay)?|great|thanks(?: a lot| so much)?|thank you|thx|sure|yes|yeah|yep|right|good(?: morning| evening| afternoon"
        + @"| point| call| catch| idea)?|fine|perfect|nice|cool|super|wow|hm+|ah|oh|ouch|haha|well|understood|noted|done|agreed|exactly"
        + @"|clear|brilliant|lovely|hi(?: again)?|hey|hello|morning|wonderful|of course|absolutely|got it|will do|impressive|works now"
        + @"|alright|all right|so|and|also|by the way|btw|please note(?: that)?)(?:,? (?=\p{Lu}\p{Ll}+[!.,])\p{Lu}\p{Ll}+)?\s*[,.!:;–—-]+"
        + @"(?=\s|$)\s*|(?:好的?|可以|对|是的|嗯|明白了?|谢谢|太好了|很好|没问题|你好)[\p{Lo}]{0,2}[，。！,!、]\s*)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Opening();

    [GeneratedRegex(@"^\S*[A-Z0-9_./]", RegexOptions.CultureInvariant)]
    private static partial Regex LowerName();
}
