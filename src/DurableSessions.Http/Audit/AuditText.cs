using System.Globalization;
using System.Text;
using DurableSessions.Orchestration;

namespace DurableSessions.Http.Audit;

/// <summary>A text of a client as an entry of the audit log holds it: without secrets, on one line, of bounded length.</summary>
internal static class AuditText
{
    /// <summary>The longest text, in UTF-16 code units.</summary>
    public const int MaxLength = 256;

    public static string Of(string text)
    {
        var safe = new StringBuilder();
        foreach (Rune rune in Redaction.Redact(text).EnumerateRunes())
        {
            if (safe.Length + rune.Utf16SequenceLength > MaxLength)
            {
                break;
            }

            safe.Append(IsPrinted(rune) ? rune : Rune.ReplacementChar);
        }

        return safe.ToString();
    }

    /// <summary>
    /// Whether a character is one that is printed. Line ends, and characters that change the direction of a text, would forge lines.
    /// </summary>
    public static bool IsPrinted(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned);
}
