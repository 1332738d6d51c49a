using System.Buffers;
using System.Text;

namespace DurableSessions.Core.Messages;

/// <summary>
/// An estimate of the tokens a model will see. The rule, which is OpenViking's: over text, abstract, tool id and name, and the JSON
/// of tool input and output, the sum of weights for each code point, rounded up once; CJK 1.5, other code points above
/// U+FFFF 2.0, everything else 0.25. Images weigh nothing.
/// </summary>
public static class TokenEstimate
{
    /// <summary>The estimate for a message of these parts.</summary>
    public static long Of(IEnumerable<MessagePart> parts)
    {
        long quarters = 0;
        foreach (MessagePart part in parts)
        {
            quarters += part.Quarters();
        }

        return (quarters + 3) / 4;
    }

    /// <summary>The estimate for a text.</summary>
    public static long Of(string? text) => (Quarters(text) + 3) / 4;

    /// <summary>The weight of a text, in quarters of a token.</summary>
    internal static long Quarters(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        long quarters = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            quarters += Quarters(rune);
        }

        return quarters;
    }

    /// <summary>The weight of a text in UTF-8, in quarters of a token.</summary>
    internal static long Quarters(ReadOnlySpan<byte> utf8)
    {
        long quarters = 0;
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out Rune rune, out int length) == OperationStatus.Done && rune.IsAscii)
            {
                // Most texts are ASCII, and each character of it is one quarter.
                length = utf8.IndexOfAnyExceptInRange((byte)0, (byte)0x7F) is >= 0 and var ascii ? ascii : utf8.Length;
                quarters += length;
            }
            else
            {
                quarters += Quarters(rune);
            }

            utf8 = utf8[length..];
        }

        return quarters;
    }

    /// <summary>The weight of a code point, in quarters of a token.</summary>
    internal static int Quarters(Rune rune) => IsCjk(rune.Value) ? 6 : rune.Value > 0xFFFF ? 8 : 1;

    // The blocks of Han, kana and hangul.
    private static bool IsCjk(int codePoint) => codePoint
        is (>= 0x1100 and <= 0x11FF)
        or (>= 0x2E80 and <= 0x9FFF)
        or (>= 0xAC00 and <= 0xD7AF)
        or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFF00 and <= 0xFFEF)
        or (>= 0x20000 and <= 0x323AF);
}
