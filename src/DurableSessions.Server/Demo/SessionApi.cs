using System.Text.Json;
using System.Text.Json.Nodes;
using DurableSessions.Server.Demo.Conversations;

namespace DurableSessions.Server.Demo;

/// <summary>The requests of the demo, over HTTP as any client sends them.</summary>
internal sealed class SessionApi(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };

    public Task AppendAsync(string session, IEnumerable<ConversationMessage> messages, CancellationToken cancellationToken)
    {
        JsonNode[] wire =
            [.. messages.Select(message => new JsonObject { ["role"] = message.Role, ["parts"] = message.Parts.DeepClone() })];
        var body = new JsonObject { ["messages"] = new JsonArray(wire) };
        return SendAsync(HttpMethod.Post, $"api/v1/sessions/{session}/messages/batch", body, cancellationToken);
    }

    /// <summary>Accepted: the task's id and the archive's.</summary>
    public async Task<(string TaskId, string ArchiveId)> CommitAsync(string session, CancellationToken cancellationToken)
    {
        JsonNode result = await SendAsync(HttpMethod.Post, $"api/v1/sessions/{session}/commit", new JsonObject(), cancellationToken);
        return (Text(result, "task_id"), Text(result, "archive_uri").Split('/')[^1]);
    }

    public Task<JsonNode> GetTaskAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"api/v1/tasks/{id}", body: null, cancellationToken);

    public Task<JsonNode> GetArchiveAsync(string session, string archive, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"api/v1/sessions/{session}/archives/{archive}", body: null, cancellationToken);

    public Task<JsonNode> GetContextAsync(string session, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"api/v1/sessions/{session}/context", body: null, cancellationToken);

    public void Dispose() => _http.Dispose();

    /// <summary>A string that every answer of this kind has.</summary>
    /// <exception cref="DemoException">The answer does not have it.</exception>
    public static string Text(JsonNode node, string name) =>
        (string?)node[name] ?? throw new DemoException($"The server's answer has no '{name}': {node.ToJsonString()}");

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Content = body is null ? null : JsonContent.Create(body);
        using HttpResponseMessage answer = await _http.SendAsync(request, cancellationToken);
        string text = await answer.Content.ReadAsStringAsync(cancellationToken);
        JsonNode? envelope = null;
        try
        {
            envelope = JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            // Reported below, with the status.
        }

        return answer.IsSuccessStatusCode && envelope?["result"] is { } result
            ? result
            : throw new DemoException(
                $"{method} /{path} was answered {(int)answer.StatusCode}: {(string?)envelope?["error"]?["message"] ?? text}");
    }
}
