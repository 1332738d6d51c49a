using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Context;

/// <summary>
/// Cuts a message that is too long by itself: its long texts lose their middle, and say so. What was cut is still stored; only
/// the copy in the context is shorter.
/// </summary>
internal static class MessageTruncation
{
    private const string Mark = " […] ";

    private static readonly string[] Cuttable = ["text", "abstract", "tool_output", "tool_input"];

    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = MessageLimits.MaxStoredDepth,
    };

    /// <summary>The message, cut to at most <paramref name="tokens"/> as far as its texts allow.</summary>
    public static SessionMessage ToFit(SessionMessage message, long tokens)
    {
        var options = new JsonDocumentOptions { MaxDepth = MessageLimits.MaxStoredDepth };
        JsonNode root = JsonNode.Parse(message.Line.Span, documentOptions: options)!;
        List<(JsonObject Part, string Name, string Text)> texts = [.. Texts(root["parts"]!.AsArray())];
        long others = (message.EstimatedTokens * 4) - texts.Sum(static t => TokenEstimate.Quarters(t.Text));
        long most = Share([.. texts.Select(static t => TokenEstimate.Quarters(t.Text))], Math.Max(0, (tokens * 4) - Math.Max(0, others)));
        foreach ((JsonObject part, string name, string text) in texts)
        {
            if (TokenEstimate.Quarters(text) > most)
            {
                part[name] = Middle(text, most);
            }
        }

        return SessionMessage.Parse(JsonSerializer.SerializeToUtf8Bytes(root, Json));
    }

    private static IEnumerable<(JsonObject Part, string Name, string Text)> Texts(JsonArray parts)
    {
        foreach (JsonObject part in parts.OfType<JsonObject>())
        {
            foreach (string name in Cuttable)
            {
                if (part[name] is { } value)
                {
                    bool isText = value.GetValueKind() == JsonValueKind.String;
                    yield return (part, name, isText ? value.GetValue<string>() : value.ToJsonString(Json));
                }
            }
        }
    }

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
            && Rune.DecodeLastFromUtf16(text.AsSpan(0, tail), out Rune rune, out int length) == System.Buffers.OperationStatus.Done)
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
