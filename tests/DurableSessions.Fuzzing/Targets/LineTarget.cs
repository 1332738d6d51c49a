using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using DurableSessions.Core.Messages;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>
/// Stored lines. A line is a message where it is JSON with an id, a role and an array of parts, and only there. Every part can be read, and
/// every property of it is what a plain reader finds; so is the estimate of tokens.
/// </summary>
internal static class LineTarget
{
    public static void Run(byte[] input)
    {
        using JsonDocument? document = Reference.TryParse(input, MessageLimits.MaxStoredDepth, uniqueNames: false);
        JsonElement root = document?.RootElement ?? default;
        bool isMessage = Reference.Text(Reference.Last(root, "id")) is not null && Reference.Text(Reference.Last(root, "role")) is not null
            && Reference.Last(root, "parts") is { ValueKind: JsonValueKind.Array };
        SessionMessage message;
        try
        {
            message = SessionMessage.Parse(input);
        }
        catch (FormatException)
        {
            Expect.That(!isMessage);
            return;
        }

        Expect.That(isMessage);
        Expect.Same(Reference.Text(Reference.Last(root, "id")), message.Id);
        Expect.Same(Reference.Text(Reference.Last(root, "role")), message.Role);
        Expect.Same(Reference.Text(Reference.Last(root, "created_at")), message.CreatedAt);
        Expect.Same(Reference.Text(Reference.Last(root, "peer_id")), message.PeerId);
        Expect.Same(Reference.Text(Reference.Last(root, "message_kind")), message.MessageKind);
        CheckParts(Reference.Last(root, "parts")!.Value, message);
    }

    private static void CheckParts(JsonElement parts, SessionMessage message)
    {
        Expect.Same(parts.GetArrayLength(), message.Parts.Count);
        decimal tokens = 0;
        foreach ((JsonElement expected, MessagePart part) in parts.EnumerateArray().Zip(message.Parts))
        {
            Expect.SameBytes(JsonMarshal.GetRawUtf8Value(expected), part.Utf8.Span, "part");
            Expect.Same(Reference.Text(Reference.Last(expected, "type")) ?? "", part.Type);
            tokens += CheckText(expected, "text", part.Text) + CheckText(expected, "abstract", part.Abstract)
                + CheckText(expected, "tool_id", part.ToolId) + CheckText(expected, "tool_name", part.ToolName)
                + CheckValue(expected, "tool_input", part.ToolInput) + CheckValue(expected, "tool_output", part.ToolOutput);
            CheckText(expected, "tool_status", part.ToolStatus);
        }

        Expect.Same((long)decimal.Ceiling(tokens), message.EstimatedTokens);
        Expect.That(message.EstimatedTokens >= 0);
        Expect.Same((int)message.EstimatedTokens, MessageShape.Of(message).Tokens);
    }

    private static decimal CheckText(JsonElement part, string name, string? actual)
    {
        string? expected = Reference.Text(Reference.Last(part, name));
        Expect.Same(expected, actual, name);
        return Weight(expected);
    }

    private static decimal CheckValue(JsonElement part, string name, MessageValue? actual)
    {
        JsonElement? value = Reference.Last(part, name);
        string? expected = value is null or { ValueKind: JsonValueKind.Null }
            ? null
            : Reference.Text(value) ?? Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(value.Value));
        Expect.Same(expected, actual?.Text(), name);
        return Weight(expected);
    }

    // The rule as TokenEstimate states it, in tokens.
    private static decimal Weight(string? text) => (text ?? "").EnumerateRunes().Sum(static rune => rune.Value switch
    {
        (>= 0x1100 and <= 0x11FF) or (>= 0x2E80 and <= 0x9FFF) or (>= 0xAC00 and <= 0xD7AF) or (>= 0xF900 and <= 0xFAFF)
            or (>= 0xFF00 and <= 0xFFEF) or (>= 0x20000 and <= 0x323AF) => 1.5m,
        > 0xFFFF => 2m,
        _ => 0.25m,
    });
}
