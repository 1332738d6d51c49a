using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Requests;

/// <summary>
/// Makes valid UTF-8 JSON of a body that a client cut inside a character or sent with a byte order mark, and bounds its tokens.
/// </summary>
internal static class JsonRepair
{
    private static readonly string TooManyTokens = string.Create(
        CultureInfo.InvariantCulture,
        $"has more than {RequestLimits.MaxJsonTokens} JSON tokens (names, values, and both ends of objects and arrays).");

    /// <summary>Removes a byte order mark, and replaces by U+FFFD bytes that are not UTF-8 and unpaired surrogates.</summary>
    /// <param name="body">The body; changed in place where its length stays the same.</param>
    /// <param name="maxDepth">How deep the JSON may nest.</param>
    /// <param name="replaced">How many characters were replaced.</param>
    /// <returns>The body in UTF-8; in it every string and name is valid Unicode.</returns>
    /// <exception cref="ApiException">
    /// The body is not JSON, nests deeper than <paramref name="maxDepth"/>, or has more tokens than
    /// <see cref="RequestLimits.MaxJsonTokens"/>.
    /// </exception>
    public static ReadOnlyMemory<byte> Repair(Memory<byte> body, int maxDepth, out int replaced)
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

    // An escaped surrogate and an escaped U+FFFD have the same length.
    private static int ReplaceUnpairedSurrogates(Span<byte> body, int maxDepth)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth });
        int replaced = 0;
        int tokens = 0;
        try
        {
            while (reader.Read())
            {
                if (++tokens > RequestLimits.MaxJsonTokens)
                {
                    throw ApiException.Invalid(Location.Body, TooManyTokens, "too_long");
                }

                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    replaced += ReplaceUnpairedSurrogates(body.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length));
                }
            }
        }
        catch (JsonException e)
        {
            throw RequestJsonParser.InvalidJson(e);
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

    // The escaped UTF-16 code unit at this place; 0 where there is no escape. An escaped NUL is skipped character by character.
    private static uint Unit(ReadOnlySpan<byte> escaped, int at) =>
        at + 6 <= escaped.Length && escaped[at] == (byte)'\\' && escaped[at + 1] == (byte)'u'
            && Utf8Parser.TryParse(escaped.Slice(at + 2, 4), out uint unit, out int used, 'x') && used == 4
            ? unit
            : 0;
}
