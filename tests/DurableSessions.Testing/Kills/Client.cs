using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DurableSessions.Testing.Kills;

/// <summary>
/// Sends requests as a careful client does: what may be tried again is tried again, on another host, with the same
/// <c>Idempotency-Key</c>. An answer that no client should ever see fails the test.
/// </summary>
/// <param name="hosts">The hosts that get the requests.</param>
/// <param name="timeouts">How long one attempt may take, and a request with all its attempts.</param>
/// <param name="only">The number of the one host to use; null to use all hosts in turn.</param>
/// <param name="apiKey">The user's key; null for hosts in dev mode.</param>
internal sealed class Client(Hosts hosts, (TimeSpan Attempt, TimeSpan Request) timeouts, int? only = null, string? apiKey = null)
{
    // Of a host's output, in the failure of a test.
    private const int MostWritten = 10_000;

    private static readonly TimeSpan s_beforeNext = TimeSpan.FromMilliseconds(50);
    private static readonly HttpClient s_http = new() { Timeout = Timeout.InfiniteTimeSpan };

    private int _preferred;

    /// <summary>How often each kind of answer came: a status, or what came instead of one.</summary>
    public ConcurrentDictionary<string, int> Answers { get; } = new();

    /// <summary>Ends with the first answer of this kind.</summary>
    public async Task FirstAsync(string kind)
    {
        while (!Answers.ContainsKey(kind))
        {
            await Task.Delay(s_beforeNext);
        }
    }

    /// <summary>The counts, for the output of the test.</summary>
    public override string ToString() =>
        string.Join(", ", Answers.OrderBy(static a => a.Key, StringComparer.Ordinal).Select(static a => $"{a.Key}: {a.Value}"));

    public Task<JsonNode> GetAsync(string path) => SendAsync(HttpMethod.Get, path, body: null, key: null);

    public Task<JsonNode> PostAsync(string path, JsonNode body, string key) => SendAsync(HttpMethod.Post, path, body, key);

    /// <summary>One request to one host, once. Its status, and the result or the error.</summary>
    public async Task<(HttpResponseMessage Answer, JsonNode Body)> SendOnceAsync(
        ServerProcess host, HttpMethod method, string path, JsonNode? body, string? key, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(host.Address, path));
        request.Content = body is null ? null : JsonContent.Create(body);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        if (apiKey is not null)
        {
            request.Headers.Add("X-API-Key", apiKey);
        }

        using HttpResponseMessage answer = await s_http.SendAsync(request, cancellationToken);
        string text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return (answer, Parse(text) ?? throw new InvalidOperationException($"{method} {path} was answered {answer.StatusCode} '{text}'."));
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? body, string? key)
    {
        var clock = Stopwatch.StartNew();
        string last = "nothing";
        while (clock.Elapsed < timeouts.Request)
        {
            Task<ServerProcess> running = only is { } number ? hosts.GetAsync(number) : hosts.AnyAsync(
                Interlocked.Increment(ref _preferred));
            ServerProcess host = await running.WaitAsync(timeouts.Request);
            using var limit = new CancellationTokenSource(timeouts.Attempt);
            try
            {
                (HttpResponseMessage answer, JsonNode envelope) = await SendOnceAsync(host, method, path, body, key, limit.Token);
                last = $"{(int)answer.StatusCode}";
                Count(last);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return envelope["result"]!;
                }

                RequireRetryable($"{method} {path}", answer, envelope, host);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                last = e is OperationCanceledException ? "no answer" : "broken";
                Count(last);
            }

            await Task.Delay(s_beforeNext);
        }

        throw new TimeoutException($"{method} {path} did not succeed within {timeouts.Request.TotalSeconds:0} s; last: {last}.");
    }

    private static void RequireRetryable(string request, HttpResponseMessage answer, JsonNode envelope, ServerProcess host)
    {
        bool isRetryable = answer.StatusCode switch
        {
            HttpStatusCode.ServiceUnavailable =>
                answer.Headers.RetryAfter is not null && (string?)envelope["error"]?["code"] == "UNAVAILABLE",
            HttpStatusCode.TooManyRequests => answer.Headers.RetryAfter is not null,
            HttpStatusCode.Conflict => (bool?)envelope["error"]?["details"]?["retryable"] == true,
            _ => false,
        };
        Assert.True(
            isRetryable,
            $"{request} was answered {(int)answer.StatusCode}: {envelope.ToJsonString()}\n"
            + $"Its host has written:\n{End(host.Output)}{End(host.Errors)}");
    }

    private static string End(string written) => written[^Math.Min(written.Length, MostWritten)..];

    private void Count(string what) => Answers.AddOrUpdate(what, 1, static (_, count) => count + 1);

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
