using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using DurableSessions.Core.Messages;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Requests;

/// <summary>
/// Parses a client's JSON: one value, in which no name occurs twice in one object, so that every reader can parse what is stored of it.
/// </summary>
/// <remarks>
/// An unpaired surrogate, as in a text that was cut inside an emoji, and bytes that are not UTF-8 are replaced by U+FFFD, and counted. A
/// byte order mark is removed. See <see cref="JsonRepair"/>.
/// </remarks>
internal static class RequestJsonParser
{
    /// <summary>How deep JSON without messages may nest.</summary>
    private const int MaxDepth = 64;

    /// <summary>The most names of an object in which a name occurs twice.</summary>
    private const int MaxRepeatedNames = 10_000;

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = MessageLimits.MaxDepth,
    };

    /// <summary>Parses a body. The document refers to its bytes.</summary>
    /// <param name="body">The body; repaired in place where that is possible.</param>
    /// <param name="replaced">How many characters were replaced by U+FFFD.</param>
    /// <exception cref="ApiException">The body is not such JSON, nests deeper than 64 levels, or has too many tokens.</exception>
    public static JsonDocument Parse(Memory<byte> body, out int replaced) =>
        Parse(JsonRepair.Repair(body, MaxDepth, out replaced), MaxDepth, uniqueNames: true);

    /// <summary>
    /// Parses a body that holds messages: it may nest <see cref="MessageLimits.MaxDepth"/> levels deep, and of a name that occurs twice the
    /// last value counts, as in other parsers.
    /// </summary>
    /// <param name="body">The body; repaired in place where that is possible.</param>
    /// <param name="replaced">How many characters were replaced by U+FFFD.</param>
    /// <exception cref="ApiException">The body is not such JSON, or has too many tokens.</exception>
    public static JsonDocument ParseMessages(Memory<byte> body, out int replaced)
    {
        ReadOnlyMemory<byte> repaired = JsonRepair.Repair(body, MessageLimits.MaxDepth, out replaced);
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

    /// <summary>The error of a body that does not parse; it names the line and the byte.</summary>
    internal static ApiException InvalidJson(JsonException e)
    {
        string place = string.Create(
            CultureInfo.InvariantCulture, $"line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}");
        return ApiException.Invalid(Location.Body, $"is not valid JSON, at {place}: {Reason(e)}", "json_invalid");
    }

    // The parser's message without its position.
    private static string Reason(JsonException exception)
    {
        int place = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return place < 0 ? exception.Message : exception.Message[..place];
    }

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
                    throw ApiException.Invalid(
                        Location.Body, $"has an object of more than {MaxRepeatedNames} names where a name comes twice.", "too_long");
                }

                json.WriteStartObject();
                foreach (JsonProperty last in value.EnumerateObject()
                    .GroupBy(static p => p.Name, StringComparer.Ordinal).Select(static g => g.Last()))
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
