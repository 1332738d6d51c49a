using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Context;

/// <summary>
/// Cuts a message that is too long by itself: its long texts lose their middle, and say so. What was cut is still stored; only
/// the copy in the context is shorter.
/// </summary>
internal static class MessageTruncation
{
    private const string Mark = " […] ";

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// The message, cut to at most <paramref name="tokens"/> as far as its texts allow. What is not cut keeps its spelling.
    /// </summary>
    public static SessionMessage ToFit(SessionMessage message, long tokens)
    {
        var values = new List<MessageValue>();
        var lengths = new List<long>();
        foreach (MessagePart part in message.Parts)
        {
            values.Clear();
            part.AddLongValues(values);
            foreach (MessageValue value in values)
            {
                lengths.Add(value.Quarters());
            }
        }

        long others = (message.EstimatedTokens * 4) - lengths.Sum();
        long most = Share(lengths, Math.Max(0, (tokens * 4) - Math.Max(0, others)));
        if (most == long.MaxValue)
        {
            return message;
        }

        var cut = new ArrayBufferWriter<byte>(message.Line.Length);
        int copied = 0;
        foreach (MessagePart part in message.Parts)
        {
            values.Clear();
            part.AddLongValues(values);
            values.RemoveAll(value => value.Quarters() <= most);
            values.Sort((a, b) => Place(message, a).CompareTo(Place(message, b)));
            foreach (MessageValue value in values)
            {
                int place = Place(message, value);
                cut.Write(message.Line.Span[copied..place]);
                cut.Write(JsonSerializer.SerializeToUtf8Bytes(Middle(value.Text(), most), Json));
                copied = place + value.Utf8.Length;
            }
        }

        cut.Write(message.Line.Span[copied..]);
        return SessionMessage.Parse(cut.WrittenSpan.ToArray());
    }

    // The offset of a value in the line, of which it is a slice.
    private static int Place(SessionMessage message, MessageValue value) =>
        message.Line.Span.Overlaps(value.Utf8.Span, out int place)
            ? place
            : throw new ArgumentException("Not of this message.", nameof(value));

    // The most that each text may have, so that all together fit: short ones keep what they have.
    private static long Share(List<long> lengths, long available)
    {
        lengths.Sort();
        for (int i = 0; i < lengths.Count; i++)
        {
            long share = available / (lengths.Count - i);
            if (lengths[i] > share)
            {
                return share;
            }

            available -= lengths[i];
        }

        return long.MaxValue;
    }

    private static string Middle(string text, long quarters)
    {
        long each = (quarters - TokenEstimate.Quarters(Mark)) / 2;
        if (each <= 0)
        {
            return "";
        }

        int head = 0;
        long used = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            used += TokenEstimate.Quarters(rune);
            if (used > each)
            {
                break;
            }

            head += rune.Utf16SequenceLength;
        }

        int tail = text.Length;
        used = 0;
        while (tail > head
            && Rune.DecodeLastFromUtf16(text.AsSpan(0, tail), out Rune rune, out int length) == OperationStatus.Done)
        {
            used += TokenEstimate.Quarters(rune);
            if (used > each)
            {
                break;
            }

            tail -= length;
        }

        return string.Concat(text.AsSpan(0, head), Mark, text.AsSpan(tail));
    }
}
