using System.Globalization;
using System.Text;

namespace DurableSessions.Ui.Content;

/// <summary>
/// A text of a client as a page shows it: what would be invisible, or would change the order of what stands around it, is shown by
/// its number. A page encodes what it is given, so that no text is ever markup.
/// </summary>
public static class Shown
{
    /// <summary>The most characters of one text that a page shows.</summary>
    public const int MaxLength = 20_000;

    /// <summary>The text, of any length.</summary>
    /// <param name="text">The text; <see langword="null"/> is empty.</param>
    public static string Of(string? text)
    {
        if (string.IsNullOrEmpty(text) || !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text ?? "";
        }

        var shown = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' or '\t' => shown.Append(c),
                '\r' => shown,
                < ' ' or (>= '\u007F' and <= '\u009F') or '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E')
                    or (>= '\u2066' and <= '\u2069') => shown.Append(CultureInfo.InvariantCulture, $"⟦U+{(int)c:X4}⟧"),
                _ => shown.Append(c),
            };
        }

        return shown.ToString();
    }

    /// <summary>The beginning of a text, and how many characters are left out.</summary>
    /// <param name="text">The text.</param>
    public static (string Text, int Left) Clip(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= MaxLength)
        {
            return (Of(text), 0);
        }

        int length = char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        return (Of(text[..length]), text.Length - length);
    }

    /// <summary>A count, in groups of three digits.</summary>
    /// <param name="count">The count.</param>
    public static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
