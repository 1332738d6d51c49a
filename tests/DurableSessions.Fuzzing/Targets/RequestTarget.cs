using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using DurableSessions.Core.Messages;
using DurableSessions.Http;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>
/// The JSON of requests. What the parser gives is JSON to System.Text.Json, with valid text and no name twice. What System.Text.Json
/// accepts within the same depth is accepted, with an equal value; where text has to be replaced, with the value that a plain reader gives.
/// </summary>
internal static class RequestTarget
{
    private const int Depth = 64;

    private delegate JsonDocument Parser(Memory<byte> body, out int replaced);

    public static void Run(byte[] input)
    {
        Check(input, Depth, RequestJsonParser.Parse, takesRepeatedNames: false);
        Check(input, MessageLimits.MaxDepth, RequestJsonParser.ParseMessages, takesRepeatedNames: true);
    }

    private static void Check(byte[] input, int depth, Parser parser, bool takesRepeatedNames)
    {
        byte[] plain = input.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? input[Encoding.UTF8.Preamble.Length..] : input;
        bool isText = Utf8.IsValid(plain);
        using JsonDocument? expected = Reference.TryParse(plain, depth, uniqueNames: false);
        JsonDocument actual;
        int replaced;
        try
        {
            actual = parser(input.ToArray(), out replaced);
        }
        catch (ApiException e)
        {
            Expect.That(!e.Message.Contains("LineNumber:", StringComparison.Ordinal));
            using JsonDocument? accepted = Reference.TryParse(plain, depth, uniqueNames: !takesRepeatedNames);
            Expect.That(accepted is null || !isText);
            return;
        }

        using (actual)
        {
            ReadOnlySpan<byte> json = JsonMarshal.GetRawUtf8Value(actual.RootElement);
            Expect.That(Utf8.IsValid(json));
            using JsonDocument? again = Reference.TryParse(json.ToArray(), depth, uniqueNames: true);
            Expect.That(again is not null);
            CheckText(again!.RootElement);
            Expect.That(CountTokens(json) <= RequestLimits.MaxJsonTokens);
            CheckMinified(json, again);
            if (expected is not null)
            {
                Expect.That(Reference.AreSame(expected.RootElement, actual.RootElement));
                Expect.That(replaced == 0 || !isText || plain.AsSpan().IndexOf((byte)'\\') >= 0);
            }
            else
            {
                Expect.That(!isText && replaced > 0);
            }
        }
    }

    private static void CheckMinified(ReadOnlySpan<byte> json, JsonDocument document)
    {
        byte[] minified = JsonMinifier.Minify(json);
        using JsonDocument? parsed = Reference.TryParse(minified, MessageLimits.MaxDepth, uniqueNames: true);
        Expect.That(parsed is not null && Reference.AreSame(document.RootElement, parsed.RootElement));
        Expect.SameBytes(minified, JsonMinifier.Minify(minified), "minified again");
        Expect.That(!minified.Contains((byte)'\n') && minified.Length <= json.Length);
    }

    // System.Text.Json throws for text that is not valid.
    private static void CheckText(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    Expect.Same(Reference.Unescape(JsonMarshal.GetRawUtf8PropertyName(property)), property.Name);
                    CheckText(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    CheckText(item);
                }

                break;
            case JsonValueKind.String:
                Expect.Same(Reference.Text(value), value.GetString());
                break;
        }
    }

    private static int CountTokens(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MessageLimits.MaxDepth });
        int count = 0;
        while (reader.Read())
        {
            count++;
        }

        return count;
    }
}
