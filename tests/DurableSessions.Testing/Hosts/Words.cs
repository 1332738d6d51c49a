using System.Text.Json;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;

namespace DurableSessions.Testing;

/// <summary>Messages of tests: each is one text.</summary>
internal static class Words
{
    public static NewMessage Message(string text, string role = "user") => new()
    {
        Role = role,
        Parts = JsonSerializer.SerializeToUtf8Bytes(new[] { new { type = "text", text } }),
    };

    public static NewMessage[] Messages(string prefix, int count) => [.. Enumerable.Range(1, count).Select(i => Message($"{prefix}{i}"))];

    public static string Text(SessionMessage message) => message.Parts[0].Text!;

    public static IdempotencyKey Key(string key, string request = "") => new(key, System.Text.Encoding.UTF8.GetBytes(request));
}
