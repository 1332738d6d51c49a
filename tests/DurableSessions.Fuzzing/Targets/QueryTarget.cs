using System.Globalization;
using System.Numerics;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.State;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>
/// Values of a query and of headers, one a line: integers, times, truth values, cursors of memories, ETags, and the list of proxies of the
/// configuration. What is accepted is exactly what it was written as, within its bounds.
/// </summary>
internal static class QueryTarget
{
    private const int Min = -5;
    private const int Max = 1_000;

    public static void Run(byte[] input)
    {
        foreach (string line in Lines.Of(input))
        {
            CheckInteger(line);
            CheckBoolean(line);
            CheckTime(line);
            CheckCursor(line);
            CheckETag(line);
            CheckProxies(line);
        }
    }

    private static void CheckInteger(string text)
    {
        string digits = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
        bool isInteger = digits.Length > 0 && digits.All(char.IsAsciiDigit);
        BigInteger value = isInteger ? BigInteger.Parse(digits, CultureInfo.InvariantCulture) : 0;
        value = text.StartsWith('-') ? -value : value;
        Expect.Same(
            text.Length == 0 ? 7 : isInteger && value >= Min && value <= Max ? (int)value : null,
            Try<int?>(() => Query.Integer(With(text), "v", Min, Max, otherwise: 7)),
            "integer");
    }

    private static void CheckBoolean(string text) => Expect.Same(
        text.ToLowerInvariant() switch { "" or "true" or "1" => true, "false" or "0" => false, _ => null },
        Try<bool?>(() => Query.Boolean(With(text), "v", otherwise: true)),
        "boolean");

    private static void CheckTime(string text)
    {
        if (Try(() => Query.Time(With(text), "v")) is { } time)
        {
            Expect.That(!text.Contains('\0', StringComparison.Ordinal));
            string written = time.ToUniversalTime().ToString("o", CultureInfo.InvariantCulture);
            Expect.Same(time, Query.Time(With(written), "v"), "time");
        }
    }

    private static void CheckCursor(string text)
    {
        if (Try(() => MemoryPath.Cursor(With(text, "cursor"))) is { } cursor)
        {
            Expect.That(Enum.IsDefined(cursor.Category) && MemoryName.IsValid(cursor.Name));
            Expect.Same($"{Wire.Category(cursor.Category)}/{cursor.Name}", text);
        }
        else
        {
            string[] parts = text.Split('/');
            Expect.That(parts.Length != 2 || !SessionKey.IsValidId(parts[1])
                || !Enum.GetValues<MemoryCategory>().Any(c => Wire.Category(c) == parts[0]));
        }
    }

    private static void CheckETag(string text)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.IfMatch = text;
        if (Try(() => MemoryETags.Condition(http.Request)) is { Version: { } version })
        {
            Expect.Same($"\"{version}\"", text);
            Expect.That(version.Length > 0 && !version.Contains('"', StringComparison.Ordinal));
        }
    }

    private static void CheckProxies(string text)
    {
        if (TrustedProxies.TryParse(text) is { } networks)
        {
            Expect.That(networks.Count <= ProxySettings.MaxNetworks);
            foreach (System.Net.IPNetwork network in networks)
            {
                Expect.That(network.PrefixLength > 0 && network.Contains(network.BaseAddress));
                Expect.That(TrustedProxies.TryParse(network.ToString()) is [var same] && same.Equals(network));
            }
        }
    }

    private static T? Try<T>(Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (ApiException)
        {
            return default;
        }
    }

    private static DefaultHttpContext With(string text, string name = "v")
    {
        var http = new DefaultHttpContext();
        http.Request.Query = new QueryCollection(new Dictionary<string, StringValues> { [name] = text });
        return http;
    }
}
