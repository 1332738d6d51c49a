using System.Globalization;
using System.Text;

namespace DurableSessions.Server.Clients;

/// <summary>Stored text as a terminal gets it: what would steer the terminal, or turn the text around, is shown escaped.</summary>
internal static class Shown
{
    /// <summary>On one line.</summary>
    public static string Line(string? text) => Escape(text, isLine: true);

    /// <summary>With its line ends.</summary>
    public static string Text(string? text) => Escape(text?.ReplaceLineEndings("\n"), isLine: false);

    private static string Escape(string? text, bool isLine)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var shown = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!isLine && (rune.Value is '\n' or '\t'))
            {
                shown.Append((char)rune.Value);
                continue;
            }

            _ = Rune.GetUnicodeCategory(rune) switch
            {
                UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => Append(shown, rune),
                UnicodeCategory.Format when IsDirection(rune.Value) => Append(shown, rune),
                _ => shown.Append(rune.ToString()),
            };
        }

        return shown.ToString();
    }

    // The characters by which a text is shown in another order than it is stored.
    private static bool IsDirection(int value) =>
        value is 0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    private static StringBuilder Append(StringBuilder shown, Rune rune) => rune.Value switch
    {
        '\n' => shown.Append("\\n"),
        '\r' => shown.Append("\\r"),
        '\t' => shown.Append("\\t"),
        _ => shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
    };
}
