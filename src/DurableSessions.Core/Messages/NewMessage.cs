using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DurableSessions.Core.Messages;

/// <summary>A message that a client wants appended; checked where it entered.</summary>
public sealed record NewMessage
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = MessageLimits.MaxStoredDepth,
    };

    /// <summary>Who speaks.</summary>
    public required string Role { get; init; }

    /// <summary>The parts: a JSON array in UTF-8, on one line, kept to the byte.</summary>
    public required ReadOnlyMemory<byte> Parts { get; init; }

    /// <summary>When it was said, kept verbatim; <see langword="null"/>: when it was accepted.</summary>
    public string? CreatedAt { get; init; }

    /// <summary>Whom it concerns.</summary>
    public string? PeerId { get; init; }

    /// <summary>The turn it belongs to.</summary>
    public string? TurnId { get; init; }

    /// <summary>Its kind, as the client names it.</summary>
    public string? MessageKind { get; init; }

    /// <summary>The messages it was made from.</summary>
    public IReadOnlyList<string>? SourceMessageIds { get; init; }

    /// <summary>
    /// What its client calls it. It is not stored: a message that comes again with the same name, or the same sources, and is the same in
    /// everything else, is a repetition.
    /// </summary>
    public string? ClientId { get; init; }

    /// <summary>Whether its client has named it or its sources, and so can be believed to know one message from another.</summary>
    internal bool IsNamed => ClientId is not null || SourceMessageIds is { Count: > 0 };

    /// <summary>SHA-256 of everything that its client sent.</summary>
    internal byte[] Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string? text in (string?[])[ClientId, Role, CreatedAt, PeerId, TurnId, MessageKind, .. SourceMessageIds ?? []])
        {
            // Each with its length: no two messages are the same bytes. None is not the same as empty.
            byte[] bytes = Encoding.UTF8.GetBytes(text ?? "");
            hash.AppendData(BitConverter.GetBytes(text is null ? -1 : bytes.Length));
            hash.AppendData(bytes);
        }

        hash.AppendData(Parts.Span);
        return hash.GetHashAndReset();
    }

    /// <summary>The line that is stored, without its line feed.</summary>
    internal byte[] ToLine(MessageId id, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(Parts.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("id", id.ToString());
            writer.WriteString("role", Role);
            writer.WritePropertyName("parts");
            writer.WriteRawValue(Parts.Span, skipInputValidation: true);
            writer.WriteString("created_at", SaidAt(now));
            WriteOptional(writer, "peer_id", PeerId);
            WriteOptional(writer, "turn_id", TurnId);
            WriteOptional(writer, "message_kind", MessageKind);
            if (SourceMessageIds is not null)
            {
                writer.WriteStartArray("source_message_ids");
                foreach (string source in SourceMessageIds)
                {
                    writer.WriteStringValue(source);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>When it was said: as the client wrote it, or when it was accepted.</summary>
    internal string SaidAt(DateTimeOffset now) => CreatedAt ?? Microseconds(now);

    /// <summary>What retention will know of it, as if it were read from where it is stored.</summary>
    internal MessageShape Shape() => MessageShape.Of(Role, MessageKind, new MessageParts(Parts));

    private static string Microseconds(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
