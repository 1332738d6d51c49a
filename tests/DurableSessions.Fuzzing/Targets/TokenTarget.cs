using System.Text.Json;
using DurableSessions.Http;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>
/// The most tokens of a request's JSON: an array that repeats the input is accepted up to the documented number, and refused with that
/// number from there on. Slow: each run reads two million tokens, twice.
/// </summary>
internal static class TokenTarget
{
    // The array's own, below the depth of a request without messages.
    private const int Depth = 63;

    // A longer unit makes a body that no host takes.
    private const int MaxUnit = 32;

    public static void Run(byte[] input)
    {
        if (input.Length > MaxUnit || Count(input) is not (> 0 and var tokens))
        {
            return;
        }

        int most = (RequestLimits.MaxJsonTokens - 2) / tokens;
        using (JsonDocument document = RequestJsonParser.Parse(Array(input, most), out _))
        {
            Expect.Same(most, document.RootElement.GetArrayLength());
        }

        string? refusal = null;
        try
        {
            RequestJsonParser.Parse(Array(input, most + 1), out _).Dispose();
        }
        catch (ApiException e)
        {
            refusal = e.Message;
        }

        Expect.That(refusal is not null && refusal.Contains($"{RequestLimits.MaxJsonTokens}", StringComparison.Ordinal));
    }

    // The tokens of a value that a request may hold; 0 for anything else.
    private static int Count(byte[] unit)
    {
        using JsonDocument? document = Reference.TryParse(unit, Depth, uniqueNames: true);
        if (document is null || !System.Text.Unicode.Utf8.IsValid(unit))
        {
            return 0;
        }

        var reader = new Utf8JsonReader(unit);
        int count = 0;
        while (reader.Read())
        {
            count++;
        }

        return count;
    }

    private static byte[] Array(byte[] unit, int count)
    {
        byte[] body = new byte[2 + (count * (unit.Length + 1)) - 1];
        body[0] = (byte)'[';
        for (int i = 0, at = 1; i < count; i++, at += unit.Length + 1)
        {
            unit.CopyTo(body, at);
            body[at + unit.Length] = (byte)',';
        }

        body[^1] = (byte)']';
        return body;
    }
}
