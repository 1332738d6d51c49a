using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using DurableSessions.Core.Messages;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Requests;

/// <summary>
/// Takes JSON from a client: one value, in which no name comes twice in one object. So whatever is kept as it came can be read by
/// every reader.
/// </summary>
/// <remarks>
/// What a client has broken without knowing it is repaired, and counted: half of a surrogate pair, as a text has it that was cut inside an
/// emoji, and bytes that are no UTF-8 become U+FFFD. A byte order mark is taken off.
/// </remarks>
internal static class RequestJsonParser
{
    /// <summary>How deep JSON may nest where it holds no messages.</summary>
    private const int MaxDepth = 64;

    /// <summary>Names in one object in which one comes twice.</summary>
    private const int MaxRepeatedNames = 10_000;

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = MessageLimits.MaxDepth,
    };

    /// <summary>Parses a body, which the document keeps.</summary>
    /// <param name="body">The body; mended in place where that is possible.</param>
    /// <param name="replaced">How many characters were replaced by U+FFFD.</param>
    /// <exception cref="ApiException">It is not such JSON, or nests more than 64 deep.</exception>
    public static JsonDocument Parse(Memory<byte> body, out int replaced) => Parse(Repair(body, MaxDepth, out replaced), MaxDepth, uniqueNames: true);

    /// <summary>
    /// Parses a body that holds messages: nested up to <see cref="MessageLimits.MaxDepth"/> deep, and of a name that comes twice the last
    /// value counts, as in other parsers.
    /// </summary>
    /// <param name="body">The body; mended in place where that is possible.</param>
    /// <param name="replaced">How many characters were replaced by U+FFFD.</param>
    /// <exception cref="ApiException">It is not such JSON.</exception>
    public static JsonDocument ParseMessages(Memory<byte> body, out int replaced)
    {
        ReadOnlyMemory<byte> repaired = Repair(body, MessageLimits.MaxDepth, out replaced);
        try
        {
            return JsonDocument.Parse(repaired, Options(MessageLimits.MaxDepth, uniqueNames: true));
        }
        catch (JsonException)
        {
            using JsonDocument document = Parse(repaired, MessageLimits.MaxDepth, uniqueNames: false);
            return Parse(WithLastOfRepeatedNames(document.RootElement), MessageLimits.MaxDepth, uniqueNames: true);
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json, int maxDepth, bool uniqueNames)
    {
        try
        {
            return JsonDocument.Parse(json, Options(maxDepth, uniqueNames));
        }
        catch (JsonException e)
        {
            throw InvalidJson(e);
        }
    }

    private static JsonDocumentOptions Options(int maxDepth, bool uniqueNames) =>
        new() { MaxDepth = maxDepth, AllowDuplicateProperties = !uniqueNames };

    private static ApiException InvalidJson(JsonException e)
    {
        string place = string.Create(CultureInfo.InvariantCulture, $"line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}");
        return ApiException.Invalid(Location.Body, $"is not JSON that can be taken, at {place}: {Reason(e)}", "json_invalid");
    }

    // What the parser says, without its own idea of the place.
    private static string Reason(JsonException exception)
    {
        int place = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return place < 0 ? exception.Message : exception.Message[..place];
    }

    private static ReadOnlyMemory<byte> Repair(Memory<byte> body, int maxDepth, out int replaced)
    {
        replaced = 0;
        if (body.Span.StartsWith(Encoding.UTF8.Preamble))
        {
            body = body[Encoding.UTF8.Preamble.Length..];
        }

        if (!Utf8.IsValid(body.Span))
        {
            (body, replaced) = ReplaceInvalidUtf8(body.Span);
        }

        replaced += ReplaceUnpairedSurrogates(body.Span, maxDepth);
        return body;
    }

    private static (Memory<byte> Body, int Replaced) ReplaceInvalidUtf8(ReadOnlySpan<byte> body)
    {
        var output = new ArrayBufferWriter<byte>(body.Length + 64);
        int replaced = 0;
        while (!body.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(body, out _, out int length);
            output.Write(status == OperationStatus.Done ? body[..length] : "\uFFFD"u8);
            replaced += status == OperationStatus.Done ? 0 : 1;
            body = body[length..];
        }

        return (output.WrittenSpan.ToArray(), replaced);
    }

    // An escaped half and an escaped U+FFFD have the same length.
    private static int ReplaceUnpairedSurrogates(Span<byte> body, int maxDepth)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth });
        int replaced = 0;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    replaced += ReplaceUnpairedSurrogates(body.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length));
                }
            }
        }
        catch (JsonException e)
        {
            throw InvalidJson(e);
        }

        return replaced;
    }

    private static int ReplaceUnpairedSurrogates(Span<byte> escaped)
    {
        int replaced = 0;
        for (int i = 0; i < escaped.Length;)
        {
            uint unit = Unit(escaped, i);
            if (unit is >= 0xD800 and <= 0xDBFF && Unit(escaped, i + 6) is >= 0xDC00 and <= 0xDFFF)
            {
                i += 12;
                continue;
            }

            if (unit is >= 0xD800 and <= 0xDFFF)
            {
                "fffd"u8.CopyTo(escaped[(i + 2)..]);
                replaced++;
            }

            i += unit != 0 ? 6 : escaped[i] == (byte)'\\' ? 2 : 1;
        }

        return replaced;
    }

    // The UTF-16 unit that is escaped here; 0 where none is. An escaped NUL is passed over piece by piece.
    private static uint Unit(ReadOnlySpan<byte> escaped, int at) =>
        at + 6 <= escaped.Length && escaped[at] == (byte)'\\' && escaped[at + 1] == (byte)'u'
            && Utf8Parser.TryParse(escaped.Slice(at + 2, 4), out uint unit, out int used, 'x') && used == 4
            ? unit
            : 0;

    private static ReadOnlyMemory<byte> WithLastOfRepeatedNames(JsonElement root)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, WriterOptions))
        {
            Write(json, root);
        }

        return output.WrittenMemory;
    }

    // Strings and numbers keep their spelling.
    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                if (value.GetPropertyCount() > MaxRepeatedNames)
                {
                    throw ApiException.Invalid(Location.Body, $"has an object of more than {MaxRepeatedNames} names where a name comes twice.", "too_long");
                }

                json.WriteStartObject();
                foreach (JsonProperty last in value.EnumerateObject().GroupBy(static p => p.Name, StringComparer.Ordinal).Select(static g => g.Last()))
                {
                    json.WritePropertyName(last.Name);
                    Write(json, last.Value);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Write(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
                break;
        }
    }
}
