using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace DurableSessions.Benchmarks.Scale;

/// <summary>The requests of a client, over HTTP; what is refused for now or breaks is sent again, to the next host.</summary>
/// <param name="http">Sends them.</param>
/// <param name="hosts">Where the hosts are that run; asked at each attempt.</param>
/// <remarks>
/// Without keys each session is of a user of its own: the index of what a user's archives say is merged as they grow, and that is no part
/// of one commit. A server with keys does not look at the name.
/// </remarks>
internal sealed class Wire(HttpClient http, Func<IReadOnlyList<Uri>> hosts)
{
    private const int MaxAttempts = 200;

    private static readonly TimeSpan s_beforeNext = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_attempt = TimeSpan.FromSeconds(30);

    private int _next;

    public Task AppendAsync(string session, IEnumerable<string> texts, bool withKey) => SendAsync(
        session,
        HttpMethod.Post,
        $"api/v1/sessions/{session}/messages/batch",
        new JsonObject
        {
            ["messages"] = new JsonArray([.. texts.Select(static text => new JsonObject { ["role"] = "user", ["content"] = text })]),
        },
        withKey ? $"append-{session}" : null);

    /// <summary>Returns when the commit is accepted.</summary>
    /// <returns>Its task.</returns>
    public async Task<string> CommitAsync(string session, bool withKey)
    {
        JsonNode result = await SendAsync(
            session, HttpMethod.Post, $"api/v1/sessions/{session}/commit", new JsonObject(), withKey ? $"commit-{session}" : null);
        return (string?)result["task_id"] ?? throw new InvalidOperationException($"{session}: {result.ToJsonString()}");
    }

    public Task<JsonNode> GetAsync(string session, string path) => SendAsync(session, HttpMethod.Get, $"api/v1/{path}", null, null);

    private async Task<JsonNode> SendAsync(string session, HttpMethod method, string path, JsonObject? body, string? key)
    {
        string last = "nothing";
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            IReadOnlyList<Uri> running = hosts();
            Uri host = running[(int)((uint)Interlocked.Increment(ref _next) % (uint)running.Count)];
            using var request = new HttpRequestMessage(method, new Uri(host, path));
            request.Headers.Add("X-OpenViking-User", session);
            request.Content = body is null ? null : JsonContent.Create(body);
            if (key is not null)
            {
                request.Headers.Add("Idempotency-Key", key);
            }

            using var over = new CancellationTokenSource(s_attempt);
            try
            {
                using HttpResponseMessage answer = await http.SendAsync(request, over.Token);
                string text = await answer.Content.ReadAsStringAsync(over.Token);
                if (answer.IsSuccessStatusCode)
                {
                    return JsonNode.Parse(text)!["result"]!;
                }

                last = $"{(int)answer.StatusCode} {text}";
                if (answer.Headers.RetryAfter is null)
                {
                    break;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                last = e.Message;
            }

            await Task.Delay(s_beforeNext, CancellationToken.None);
        }

        throw new InvalidOperationException($"{method} {path}: {last}");
    }
}
