using System.Globalization;
using System.Text;
using System.Text.Json;
using DurableSessions.Http.Tests.BadInput;

namespace DurableSessions.Http.Tests.Fuzz;

/// <summary>What an answer may be.</summary>
internal static class Answers
{
    private const string Instances = "/runtime/webhooks/durabletask/instances";

    /// <summary>What ASP.NET Core's server refuses before it is a request of the API: a status alone.</summary>
    private static readonly int[] s_unparsable = [400];

    private static readonly string[] s_protocol = ["Content-Type: application/json; charset=utf-8", "Content-Type: text/event-stream"];

    private static readonly Dictionary<int, string[]> s_codes = new()
    {
        [400] = ["INVALID_ARGUMENT"],
        [401] = ["UNAUTHENTICATED"],
        [403] = ["PERMISSION_DENIED"],
        [404] = ["NOT_FOUND"],
        [405] = ["UNKNOWN"],
        [409] = ["ALREADY_EXISTS", "CONFLICT"],
        [410] = ["FAILED_PRECONDITION"],
        [412] = ["FAILED_PRECONDITION"],
        [413] = ["RESOURCE_EXHAUSTED"],
        [504] = ["DEADLINE_EXCEEDED"],
    };

    /// <summary>What is wrong with an answer; <see langword="null"/> for nothing.</summary>
    public static string? Wrong(FuzzRequest request, RawReply reply)
    {
        string path = request.Path.Split('?')[0];
        if (!reply.Headers.Any(static h => h.StartsWith("X-Request-ID: ", StringComparison.Ordinal)))
        {
            return s_unparsable.Contains(reply.Status) && reply.Body.Length == 0
                ? null
                : "it is not of the API, and no refusal of the server";
        }

        if (reply.Status is 202 && reply.Body.Length == 0)
        {
            return path.StartsWith(Instances, StringComparison.Ordinal) ? null : "only the control of an instance has no body";
        }

        if (path.StartsWith("/docs", StringComparison.Ordinal) && reply.Status is 200 or 302)
        {
            return null;
        }

        // What the protocol's own server answers; what is refused before it has an envelope.
        if (path.TrimEnd('/') == "/mcp" && reply.Status < 500 && reply.Headers.Any(static h => s_protocol.Contains(h)))
        {
            return null;
        }

        // A task that is there, as events.
        if (path.StartsWith("/api/v1/tasks/", StringComparison.Ordinal) && path.TrimEnd('/').EndsWith("/events", StringComparison.Ordinal)
            && reply.Status == 200 && reply.Headers.Contains("Content-Type: text/event-stream"))
        {
            return null;
        }

        // The document of the API has a charset.
        if (!reply.Headers.Contains("Content-Type: application/json")
            && !(path.StartsWith("/openapi/", StringComparison.Ordinal)
                && reply.Headers.Contains("Content-Type: application/json;charset=utf-8")))
        {
            return "it is not JSON";
        }

        string? body = reply.Headers.Contains("Transfer-Encoding: chunked") ? Join(reply.Body) : reply.Body;
        if (body is null)
        {
            return "its chunks do not end";
        }

        try
        {
            using var answer = JsonDocument.Parse(body);
            return reply.Status is 200 or 202 ? WrongSuccess(path, answer.RootElement) : WrongError(reply.Status, answer.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return e.Message;
        }
    }

    private static string? WrongSuccess(string path, JsonElement answer) =>
        !path.StartsWith("/api/", StringComparison.Ordinal)
        || (answer.EnumerateObject().Select(static p => p.Name).SequenceEqual(["status", "result", "error", "telemetry", "profile"])
            && answer.GetProperty("status").GetString() == "ok"
            && answer.GetProperty("error").ValueKind == JsonValueKind.Null)
            ? null
            : "it is no envelope of a success";

    private static string? WrongError(int status, JsonElement answer) =>
        !answer.EnumerateObject().Select(static p => p.Name).SequenceEqual(["status", "error"])
        || answer.GetProperty("status").GetString() != "error"
        || !answer.GetProperty("error").EnumerateObject().Select(static p => p.Name).SequenceEqual(["code", "message", "details"])
            ? "it is no envelope of an error"
            : s_codes.GetValueOrDefault(status)?.Contains(answer.GetProperty("error").GetProperty("code").GetString()) == true
                ? null
                : "its code does not fit its status";

    // Null: it is cut.
    private static string? Join(string chunked)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(chunked);
        var body = new List<byte>();
        while (true)
        {
            int line = rest.IndexOf("\r\n"u8);
            if (line < 0 || !int.TryParse(rest[..line], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int length)
                || rest.Length < line + 2 + length + 2 || !rest.Slice(line + 2 + length, 2).SequenceEqual("\r\n"u8))
            {
                return null;
            }

            body.AddRange(rest.Slice(line + 2, length));
            rest = rest[(line + 2 + length + 2)..];
            if (length == 0)
            {
                return rest.IsEmpty ? Encoding.UTF8.GetString(body.ToArray()) : null;
            }
        }
    }
}
