using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary>A message as a server takes it, of a stored one. The id is left out: a server gives each message its own.</summary>
internal sealed class TransferredMessage
{
    private const int MaxNameLength = 4_096;
    private const int MaxParts = 1_000;

    private static readonly string[] s_names = ["peer_id", "turn_id", "message_kind"];

    private TransferredMessage(JsonObject wire, string? createdAt)
    {
        // Without the time, which the server gives to one that has none.
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(wire, Json.Line);
        Hash = Convert.ToHexStringLower(SHA256.HashData(content));
        if (createdAt is { Length: > 0 })
        {
            wire["created_at"] = createdAt;
        }

        Element = JsonSerializer.SerializeToElement(wire, Json.Line);
    }

    public JsonElement Element { get; }

    /// <summary>Of all but the time: two messages of one hash say the same.</summary>
    public string Hash { get; }

    /// <exception cref="FormatException">It is no message that a server takes; says why.</exception>
    public static TransferredMessage Of(JsonElement line)
    {
        if (line.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("it is no JSON object");
        }

        try
        {
            var wire = new JsonObject { ["role"] = Name(line, "role") ?? throw new FormatException("it has no 'role'") };
            wire["parts"] = Parts(line);
            foreach (string name in s_names)
            {
                if (Name(line, name)?.Trim() is { Length: > 0 } value)
                {
                    wire[name] = value;
                }
            }

            if (Json.Find(line, "source_message_ids") is { ValueKind: JsonValueKind.Array } sources && sources.GetArrayLength() > 0)
            {
                wire["source_message_ids"] = JsonArray.Create(sources);
            }

            return new TransferredMessage(wire, Name(line, "created_at"));
        }
        catch (InvalidOperationException)
        {
            throw new FormatException("a text holds half a character (an unpaired surrogate)");
        }
    }

    private static string? Name(JsonElement line, string name) => Json.Find(line, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value when value.GetString() is { Length: <= MaxNameLength } text => text,
        _ => throw new FormatException($"'{name}' is no text of up to {MaxNameLength} characters"),
    };

    private static JsonArray Parts(JsonElement line)
    {
        if (Json.Find(line, "parts") is { } parts)
        {
            return parts.ValueKind == JsonValueKind.Array
                && parts.GetArrayLength() <= MaxParts
                && parts.EnumerateArray().All(static part => part.ValueKind == JsonValueKind.Object)
                ? JsonArray.Create(parts)!
                : throw new FormatException($"'parts' is no array of up to {MaxParts} objects");
        }

        return Json.Find(line, "content") is { ValueKind: JsonValueKind.String } content
            ? [new JsonObject { ["type"] = "text", ["text"] = content.GetString() }]
            : throw new FormatException("it has neither 'parts' nor a 'content' that is a text");
    }
}
