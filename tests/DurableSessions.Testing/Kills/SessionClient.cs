using System.Diagnostics;
using System.Text.Json.Nodes;

namespace DurableSessions.Testing.Kills;

/// <summary>A client of one session: appends batches, each under a key of its own, and commits now and then.</summary>
/// <param name="client">Sends its requests.</param>
/// <param name="transcript">The session; other clients may use it at the same time.</param>
/// <param name="name">The beginning of its messages and keys, unlike that of any other client.</param>
internal sealed class SessionClient(Client client, Transcript transcript, string name)
{
    private int _requests;
    private int _messages;

    /// <summary>Appends messages; returns when they are acknowledged.</summary>
    public async Task SayAsync(int count, string padding = "")
    {
        string[] texts = [.. Enumerable.Range(0, count).Select(_ => $"{name}-{++_messages}{padding}")];
        JsonNode[] messages =
        [
            .. texts.Select(static (text, i) => new JsonObject { ["role"] = i % 2 == 0 ? "user" : "assistant", ["content"] = text }),
        ];
        long sentAt = Stopwatch.GetTimestamp();
        await client.PostAsync(
            $"api/v1/sessions/{transcript.Session}/messages/batch", new JsonObject { ["messages"] = new JsonArray(messages) }, NextKey());
        transcript.Acknowledged(texts, sentAt, Stopwatch.GetTimestamp());
    }

    /// <summary>Commits; returns when that is accepted, or answered with that there is nothing to do.</summary>
    public async Task CommitAsync()
    {
        JsonNode result = await client.PostAsync($"api/v1/sessions/{transcript.Session}/commit", new JsonObject(), NextKey());
        if ((string?)result["task_id"] is { } taskId)
        {
            transcript.Accepted(taskId);
        }
        else
        {
            Assert.Equal("skipped", (string?)result["status"]);
        }
    }

    private string NextKey() => $"{transcript.Session}-{name}-{++_requests}";
}
