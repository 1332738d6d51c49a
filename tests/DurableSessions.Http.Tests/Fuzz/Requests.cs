using System.Text;
using System.Text.RegularExpressions;
using CsCheck;

namespace DurableSessions.Http.Tests.Fuzz;

/// <summary>Requests that no client sends on purpose, and some that a client might send.</summary>
internal static partial class Requests
{
    private static readonly string[] Bodies =
    [
        """
        {"role":"user","content":"x",
        "parts":[{"type":"text","text":"a"},
        {"type":"tool","tool_id":"t","tool_input":{"a":[1,2.5e3,null]},"duration_ms":1.5,"prompt_tokens":3}],
        "created_at":"2026","peer_id":"p","turn_id":"t","message_kind":"checkpoint","source_message_ids":["a"]}
        """.ReplaceLineEndings(""),
        """
        {"messages":[{"role":"user","content":"x"},
        {"role":"assistant","parts":[{"type":"context","uri":"viking://a","context_type":"memory","abstract":"b"},
        {"type":"image_url","image_url":{"url":"data:,","detail":"low"}}]}]}
        """.ReplaceLineEndings(""),
        """
        {"session_id":"fuzz","memory_policy":{"self":{"enabled":true},"memory_types":["events"]},
        "auto_commit_policy":{"pending_token_threshold":1,"message_count_threshold":0,"idle_timeout_seconds":0,
        "keep_recent_count":0,"min_commit_interval_seconds":0},
        "memory_extraction_config":{"events":{"tags":["a=b"]}},"telemetry":{"summary":true}}
        """.ReplaceLineEndings(""),
        """
        {"keep_recent_count":1,"retention_mode":"turn_budget","keep_recent_turn_count":1,"retained_message_token_budget":1,
        "min_raw_tail_steps":1,"extraction_metadata":{"event":{"tags":["a=b"]}},"telemetry":true}
        """.ReplaceLineEndings(""),
        """{"contexts":["viking://a"],"skill":{"uri":"b"}}""",
        """{"timeout":0}""",
        """{"content":"# Tea\n- green"}""",
    ];

    private static readonly string[] Tokens =
    [
        "null", "true", "[]", "{}", "\"\"", "-1", "1e999", "99999999999999999999999999", "0.1", "NaN",
        "\"\\ud800\"", "\"\\u0000\"", "\"\\u2028\"", "[[[[[[", "}", "\"", ",", ":",
        "\"..\"", "\"a@b@c\"", "\"telemetry\":5,", "\"role\":", "\u00e9", "\U0001F600", "/*", "\\", "-", "1.", "\t", "\uFEFF",
    ];

    // One of them often: a session is created, and then asked about, only where both requests have the same.
    private static readonly string[] Ids =
    [
        "fuzz", "fuzz", "fuzz", "fuzz", "fuzz", "fuzz", "fuzz", "fuzz",
        "a", "..", ".", "%2e%2e", "%2F", "%5C", "%00", "%ff", "a%20b", "a@b@c", "%E2%80%A8",
        "archive_001", "archive_999999999999", "events", "remembered", "c0123456789", "a.b", "%25", "~",
    ];

    private static readonly string[] Queries =
    [
        "", "?limit=0", "?limit=-1", "?limit=99999999999999999999", "?limit=1e3", "?limit=", "?limit=%00",
        "?cursor=AAAA", "?cursor=%F0", "?cursor=!!", "?wait=-1", "?wait=0", "?wait=NaN",
        "?token_budget=9999999999", "?token_budget=0", "?auto_create=maybe", "?auto_create=true", "?status=over",
        "?resource_id=..", "?limit=1&limit=2", "?top=0", "?runtimeStatus=,,", "?createdTimeFrom=9999-99-99",
        "?createdTimeFrom=9999-12-31T23:59:59-14:00", "?showHistory=2", "?instanceIdPrefix=%2F..", "?&&==&",
    ];

    private static readonly (string Name, string Value)[] Headers =
    [
        ("X-Other", "1"), ("X-Request-ID", "a b"), ("X-Request-ID", ""),
        ("Idempotency-Key", "k"), ("Idempotency-Key", ""), ("Idempotency-Key", "a b"), ("Idempotency-Key", new string('k', 2_000)),
        ("X-OpenViking-User", ".."), ("X-OpenViking-Account", "a/b"),
        ("x-ms-continuation-token", "nonsense"), ("x-ms-continuation-token", "a"), ("x-ms-continuation-token", "aAAAA"),
        ("Content-Encoding", "gzip"), ("Authorization", "Bearer x"), ("X-API-Key", "dsk_"), ("Expect", "200-ok"),
    ];

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    private static readonly string[] ContentTypes =
    [
        "application/json", "application/json", "application/json", "application/json; charset=utf-16", "text/plain", "nonsense", "",
    ];

    /// <summary>A body that was good once: some of its bytes changed, left out, doubled, or replaced by what stands badly there.</summary>
    private static readonly Gen<byte[]> Body =
        from body in OneOf(Bodies)
        from changes in Gen.Select(Gen.Int[0, 4], Gen.Int[0, 1_000_000], OneOf(Tokens), Gen.Int[0, 40]).Array[0, 4]
        select changes.Aggregate(
            Encoding.UTF8.GetBytes(body), static (bytes, change) => Change(bytes, change.Item1, change.Item2, change.Item3, change.Item4));

    private static readonly Gen<byte[]> Noise = Gen.Byte.Array[0, 64];

    /// <param name="routes">The routes of the host; requests to paths that have none are drawn besides.</param>
    public static Gen<FuzzRequest> Of(IEnumerable<(string Method, string Pattern)> routes) =>
        from route in OneOf<(string Method, string Pattern)>([.. routes, ("GET", "/{path}")])
        from method in Gen.Frequency((9, Gen.Const(route.Method)), (1, OneOf(Methods)))
        from ids in OneOf(Ids).Array[3]
        from query in OneOf(Queries)
        from header in OneOf(Headers)
        from type in OneOf(ContentTypes)
        from body in Gen.Frequency((9, Body), (1, Noise))
        select new FuzzRequest(method, Path(route.Pattern, ids) + query, header, type, method is "GET" or "OPTIONS" ? [] : body);

    private static Gen<T> OneOf<T>(T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string Path(string pattern, string[] ids)
    {
        int next = 0;
        return Parameter().Replace(pattern, _ => ids[next++]);
    }

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();

    private static byte[] Change(byte[] bytes, int kind, int place, string token, int length)
    {
        int at = place % (bytes.Length + 1);
        int end = Math.Min(bytes.Length, at + length);
        return kind switch
        {
            0 => [.. bytes[..at], .. Encoding.UTF8.GetBytes(token), .. bytes[at..]],
            1 => [.. bytes[..at], .. Encoding.UTF8.GetBytes(token), .. bytes[end..]],
            2 => [.. bytes[..at], .. bytes[end..]],
            3 => [.. bytes[..end], .. bytes[at..]],
            _ => [.. bytes[..at], (byte)(place / 7), .. bytes[end..]],
        };
    }
}

/// <summary>A request of the fuzz run.</summary>
internal sealed record FuzzRequest(string Method, string Path, (string Name, string Value) Header, string ContentType, byte[] Body)
{
    /// <param name="key">A key that it presents; <see langword="null"/> for none.</param>
    public string Head(string? key = null) =>
        $"{Method} {Path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{Header.Name}: {Header.Value}\r\n"
        + (key is null ? "" : $"Authorization: Bearer {key}\r\n")
        + $"Content-Length: {Body.Length}\r\n"
        + (ContentType.Length > 0 ? $"Content-Type: {ContentType}\r\n\r\n" : "\r\n");

    public override string ToString() => $"{Head()}{Convert.ToBase64String(Body)}\n{Encoding.UTF8.GetString(Body)}";
}
