using System.Text.Json;

namespace DurableSessions.Core.Messages;

/// <summary>
/// One message of a session, as it is stored: a JSON object on a line of its own, in the key order
/// <c>id, role, parts, created_at[, peer_id][, turn_id][, message_kind][, source_message_ids]</c>.
/// </summary>
public sealed class SessionMessage
{
    private SessionMessage(ReadOnlyMemory<byte> line, JsonElement json)
    {
        Line = line;
        Json = json;
        Id = RequiredString(json, "id");
        Role = RequiredString(json, "role");
        if (!json.TryGetProperty("parts", out JsonElement parts) || parts.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException("A stored message has no 'parts' array.");
        }

        Parts = [.. parts.EnumerateArray().Select(static part => new MessagePart(part))];
    }

    /// <summary>The line's UTF-8 bytes, without the line feed that ends it.</summary>
    public ReadOnlyMemory<byte> Line { get; }

    /// <summary>The whole message.</summary>
    public JsonElement Json { get; }

    /// <summary><c>msg_</c> and 32 hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>Who spoke: <c>user</c>, <c>assistant</c>, or what the client sent.</summary>
    public string Role { get; }

    /// <summary>What was said, in order.</summary>
    public IReadOnlyList<MessagePart> Parts { get; }

    /// <summary>When it was said, exactly as the client wrote it.</summary>
    public string? CreatedAt => OptionalString("created_at");

    /// <summary>Its kind, as the client named it.</summary>
    public string? MessageKind => OptionalString("message_kind");

    /// <summary>The estimate of <see cref="TokenEstimate"/> over all parts.</summary>
    public long EstimatedTokens => _estimatedTokens ??= TokenEstimate.Of(Parts);

    private long? _estimatedTokens;

    /// <summary>Reads a stored line.</summary>
    /// <exception cref="FormatException">The line is not a message.</exception>
    public static SessionMessage Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = MessageLimits.MaxStoredDepth });
            return new SessionMessage(line, document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw new FormatException("A stored line is not JSON.", e);
        }
    }

    private string? OptionalString(string name) =>
        Json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string RequiredString(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new FormatException($"A stored message has no '{name}'.");
}
