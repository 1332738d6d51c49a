using System.Text.Json;

namespace DurableSessions.Core.Messages;

/// <summary>
/// One message of a session, as it is stored: a JSON object on a line of its own, in the key order
/// <c>id, role, parts, created_at[, peer_id][, turn_id][, message_kind][, source_message_ids]</c>.
/// </summary>
/// <remarks>
/// It holds its line and some short texts of it. Its parts are read from the line where they are asked for, and are never all in memory as
/// objects: what a message costs depends on the length of its line, not on what is in it.
/// </remarks>
public sealed class SessionMessage
{
    private long? _estimatedTokens;

    private SessionMessage(ReadOnlyMemory<byte> line)
    {
        Line = line;
        var reader = new Utf8JsonReader(line.Span, JsonStrings.ReaderOptions);
        reader.Read();
        string? id = null;
        string? role = null;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            // Of a name that comes twice the last value counts.
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (JsonStrings.IsName(ref reader, "id"u8))
                {
                    id = ReadString(ref reader);
                }
                else if (JsonStrings.IsName(ref reader, "role"u8))
                {
                    role = ReadString(ref reader);
                }
                else if (JsonStrings.IsName(ref reader, "parts"u8))
                {
                    ReadOnlyMemory<byte> parts = MessageValue.Read(ref reader, line).Utf8;
                    Parts = parts.Span[0] == (byte)'[' ? new MessageParts(parts) : null!;
                }
                else if (JsonStrings.IsName(ref reader, "created_at"u8))
                {
                    CreatedAt = ReadString(ref reader);
                }
                else if (JsonStrings.IsName(ref reader, "peer_id"u8))
                {
                    PeerId = ReadString(ref reader);
                }
                else if (JsonStrings.IsName(ref reader, "message_kind"u8))
                {
                    MessageKind = ReadString(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }
        }

        // Throws where anything but white space follows.
        while (reader.Read())
        {
        }

        Id = id ?? throw new FormatException("A stored message has no 'id'.");
        Role = role ?? throw new FormatException("A stored message has no 'role'.");
        Parts = Parts ?? throw new FormatException("A stored message has no 'parts' array.");
    }

    /// <summary>The line's UTF-8 bytes, without the line feed that ends it.</summary>
    public ReadOnlyMemory<byte> Line { get; }

    /// <summary><c>msg_</c> and 32 hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>Who spoke: <c>user</c>, <c>assistant</c>, or what the client sent.</summary>
    public string Role { get; }

    /// <summary>What was said, in order.</summary>
    public MessageParts Parts { get; }

    /// <summary>When it was said, exactly as the client wrote it.</summary>
    public string? CreatedAt { get; }

    /// <summary>The peer it concerns: another speaker, or a place such as a working directory, as its client uses it.</summary>
    public string? PeerId { get; }

    /// <summary>Its kind, as the client named it.</summary>
    public string? MessageKind { get; }

    /// <summary>The estimate of <see cref="TokenEstimate"/> over all parts.</summary>
    public long EstimatedTokens => _estimatedTokens ??= TokenEstimate.Of(Parts);

    /// <summary>Reads a stored line.</summary>
    /// <exception cref="FormatException">The line is not a message.</exception>
    public static SessionMessage Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return new SessionMessage(line);
        }
        catch (JsonException e)
        {
            throw new FormatException("A stored line is not JSON.", e);
        }
    }

    private static string? ReadString(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return JsonStrings.TextOf(ref reader);
        }

        reader.Skip();
        return null;
    }
}
