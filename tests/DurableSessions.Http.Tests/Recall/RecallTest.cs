using System.Text.Json;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests.Recall;

/// <summary>A user of a plugin, with what the tests of recall need.</summary>
public abstract class RecallTest(ApiFixture api) : IClassFixture<ApiFixture>
{
    /// <summary>The host.</summary>
    protected ApiFixture Api { get; } = api;

    /// <summary>A user of its own.</summary>
    protected string User { get; } = $"u{Guid.NewGuid():N}";

    /// <summary>Their home.</summary>
    protected string Home => $"viking://user/{User}";

    /// <summary>Reads as this user.</summary>
    protected Task<Reply> GetAsync(string path) => Api.GetAsync(path, ("X-OpenViking-User", User));

    /// <summary>Sends as this user.</summary>
    protected Task<Reply> SendAsync(HttpMethod method, string path, object? body = null) =>
        Api.SendAsync(method, path, body is null ? null : JsonSerializer.Serialize(body), ("X-OpenViking-User", User));

    /// <summary>Posts as this user.</summary>
    protected Task<Reply> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    /// <summary>Stores a memory.</summary>
    protected async Task RememberAsync(string path, string content) =>
        (await SendAsync(HttpMethod.Put, $"/api/v1/memories/{path}", new { content })).Succeeded();

    /// <summary>Commits messages of the user as one archive.</summary>
    protected async Task<string> CommitAsync(string session, params string[] messages)
    {
        var batch = new { messages = messages.Select(static m => new { role = "user", content = m, created_at = "2026-01-31" }) };
        (await PostAsync($"/api/v1/sessions/{session}/messages/batch", batch)).Succeeded();
        (await PostAsync($"/api/v1/sessions/{session}/commit?wait=60", new { })).Succeeded();
        return session;
    }

    /// <summary>A query of one URI.</summary>
    protected static string Uri(string uri) => $"?uri={System.Uri.EscapeDataString(uri)}";

    /// <summary>A text of each item.</summary>
    protected static IEnumerable<string?> Texts(JsonElement items, string name) =>
        items.EnumerateArray().Select(i => i.GetProperty(name).GetString());
}
