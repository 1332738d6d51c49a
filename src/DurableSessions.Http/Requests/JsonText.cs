using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using DurableSessions.Core.Messages;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Requests;

/// <summary>
/// Takes JSON from a client: one value, in valid UTF-8, nested at most <see cref="MessageLimits.MaxDepth"/> deep, no name twice in one
/// object, no half of a surrogate pair in any string. So whatever is kept as it came can be read by everybody.
/// </summary>
internal static class JsonText
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MessageLimits.MaxDepth };

    private static readonly JsonDocumentOptions DocumentOptions = new()
    {
        MaxDepth = MessageLimits.MaxDepth,
        AllowDuplicateProperties = false,
    };

    /// <summary>Parses a body, which the document keeps.</summary>
    /// <exception cref="ApiException">It is not such JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
        {
            throw ApiException.Invalid(Location.Body, "is not valid UTF-8.", "json_invalid");
        }

        try
        {
            CheckSurrogates(body.Span);
            return JsonDocument.Parse(body, DocumentOptions);
        }
        catch (JsonException e)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}");
            throw ApiException.Invalid(Location.Body, $"is not JSON that can be taken, at {place}: {Reason(e)}", "json_invalid");
        }
    }

    // What the parser says, without its own idea of the place.
    private static string Reason(JsonException exception)
    {
        int place = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return place < 0 ? exception.Message : exception.Message[..place];
    }

    private static void CheckSurrogates(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, ReaderOptions);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName
                && reader.ValueIsEscaped && HasLoneSurrogate(reader.ValueSpan))
            {
                throw ApiException.Invalid(
                    Place(body, reader.TokenStartIndex), "holds half of a surrogate pair, which is not a character.", "string_unicode");
            }
        }
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<byte> escaped)
    {
        bool high = false;
        for (int i = 0; i < escaped.Length;)
        {
            bool isUnit = escaped[i] == (byte)'\\' && escaped[i + 1] == (byte)'u';
            uint unit = isUnit && Utf8Parser.TryParse(escaped.Slice(i + 2, 4), out uint parsed, out _, 'x') ? parsed : 0;
            bool isLow = unit is >= 0xDC00 and <= 0xDFFF;
            if (high != isLow)
            {
                return true;
            }

            high = unit is >= 0xD800 and <= 0xDBFF;
            i += isUnit ? 6 : escaped[i] == (byte)'\\' ? 2 : 1;
        }

        return high;
    }

    // The way to the token that starts at this byte.
    private static Location Place(ReadOnlySpan<byte> body, long tokenStart)
    {
        var open = new Stack<(Location At, bool IsArray, int Index)>();
        Location next = Location.Body;
        var reader = new Utf8JsonReader(body, ReaderOptions);
        while (reader.Read() && reader.TokenStartIndex < tokenStart)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    open.Push((next, reader.TokenType == JsonTokenType.StartArray, 0));
                    break;
                case JsonTokenType.PropertyName:
                    next = open.Peek().At.At(reader.GetString()!);
                    continue;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    open.Pop();
                    Step(open);
                    break;
                default:
                    Step(open);
                    break;
            }

            next = open.TryPeek(out (Location At, bool IsArray, int Index) inside) && inside.IsArray
                ? inside.At.At(inside.Index.ToString(CultureInfo.InvariantCulture))
                : inside.At ?? next;
        }

        return next;

        static void Step(Stack<(Location At, bool IsArray, int Index)> open)
        {
            if (open.TryPop(out (Location At, bool IsArray, int Index) top))
            {
                open.Push(top with { Index = top.Index + 1 });
            }
        }
    }
}
