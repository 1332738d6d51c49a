using System.Globalization;
using System.Text;

namespace DurableSessions.Core.Recall;

/// <summary>
/// The terms of a text: words of letters and digits in lower case; of scripts that are written without spaces, each pair of
/// neighbours and each character alone.
/// </summary>
internal static class SearchTerms
{
    private const int MaxTermLength = 64;

    public static IEnumerable<string> Of(string text)
    {
        var word = new StringBuilder();
        Rune? before = null;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool alone = IsWrittenWithoutSpaces(rune);
            if (alone || !Rune.IsLetterOrDigit(rune))
            {
                if (word.Length > 0)
                {
                    yield return word.ToString();
                    word.Clear();
                }
            }
            else if (word.Length < MaxTermLength)
            {
                word.Append(Rune.ToLowerInvariant(rune));
            }

            if (alone)
            {
                yield return rune.ToString();
                if (before is { } first)
                {
                    yield return first.ToString() + rune;
                }
            }

            before = alone ? rune : null;
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    private static bool IsWrittenWithoutSpaces(Rune rune) =>
        Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherLetter
        && rune.Value is (>= 0x0E00 and <= 0x0EFF) or (>= 0x2E80 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);
}
