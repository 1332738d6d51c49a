using System.Text;
using System.Text.Json;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>A written conversation, and what a reader who comes later would look for in its digest.</summary>
internal sealed record Conversation(int Commits, IReadOnlyList<SessionMessage> Messages, IReadOnlyList<Fact> Facts)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Conversations");

    public static Conversation Load(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, name + ".json")));
        JsonElement root = document.RootElement;
        JsonElement messages = root.GetProperty("messages");
        if (messages.ValueKind == JsonValueKind.String)
        {
            using var other = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, messages.GetString()!)));
            messages = other.RootElement.Clone();
        }

        return new Conversation(
            root.GetProperty("commits").GetInt32(),
            [.. messages.EnumerateArray().Select(Message)],
            [.. root.GetProperty("facts").EnumerateArray().Select(Fact.Read)]);
    }

    /// <summary>The digests of all commits: each has its share of the messages, and the overview before.</summary>
    public async Task<IReadOnlyList<SemanticDigest>> DigestAsync(ISemanticProcessor processor)
    {
        List<SemanticDigest> digests = [];
        for (int i = 0; i < Commits; i++)
        {
            int from = Messages.Count * i / Commits;
            int until = Messages.Count * (i + 1) / Commits;
            digests.Add(await processor.DigestAsync(
                new SemanticRequest(digests.LastOrDefault()?.Overview, Messages.Skip(from).Take(until - from).ToAsyncEnumerable()),
                TestContext.Current.CancellationToken));
        }

        return digests;
    }

    /// <summary>A message of a text.</summary>
    public static SessionMessage Text(string role, string text) =>
        Parse(role, JsonSerializer.Serialize(new[] { new { type = "text", text } }));

    /// <summary>A message of parts, given as a JSON array.</summary>
    public static SessionMessage Parse(string role, string parts) =>
        SessionMessage.Parse(Encoding.UTF8.GetBytes($$"""{"id":"msg_0","role":{{JsonSerializer.Serialize(role)}},"parts":{{parts}}}"""));

    private static SessionMessage Message(JsonElement message) =>
        message.TryGetProperty("content", out JsonElement content)
            ? Text(message.GetProperty("role").GetString()!, content.GetString()!)
            : Parse(message.GetProperty("role").GetString()!, message.GetProperty("parts").GetRawText());
}
