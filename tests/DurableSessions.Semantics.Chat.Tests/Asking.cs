using System.Collections.Concurrent;
using System.Text.Json;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;

namespace DurableSessions.Semantics.Chat.Tests;

/// <summary>Makes requests for a digest, without a store.</summary>
internal static class Asking
{
    public static ChatModelOptions Options(StubModel stub) => Options(stub.Endpoint);

    public static ChatModelOptions Options(Uri endpoint) => new()
    {
        Endpoint = endpoint,
        Model = "stub",
        RetryDelay = TimeSpan.FromMilliseconds(20),
        Timeout = TimeSpan.FromSeconds(10),
        BreakDuration = TimeSpan.FromSeconds(1),
    };

    public static ChatModel Connect(StubModel stub, Func<ChatModelOptions, ChatModelOptions>? change = null) =>
        new((change ?? (static o => o))(Options(stub)), new ChatCredential("the-key"), TimeProvider.System);

    public static SessionMessage Message(string role, params object[] parts) => Message(role, null, null, parts);

    public static SessionMessage Message(string role, string? peer, string? kind, params object[] parts) =>
        SessionMessage.Parse(JsonSerializer.SerializeToUtf8Bytes(new
        {
            id = "msg_" + Guid.NewGuid().ToString("N"),
            role,
            parts,
            created_at = "2026-01-01T00:00:00.000000+00:00",
            peer_id = peer,
            message_kind = kind,
        }));

    public static SessionMessage Text(string text) => Message("user", new { type = "text", text });

    /// <summary>The text of a message's first part in a prompt.</summary>
    public static string ShownText(JsonElement message) => message.GetProperty("parts")[0].GetProperty("text").GetString()!;

    public static SemanticRequest Request(string? overview, params SessionMessage[] messages) =>
        new(overview, messages.ToAsyncEnumerable());

    public static MemoryExtraction Memories(params Memory[] memories) =>
        new(Enum.GetValues<MemoryCategory>(), _ => Task.FromResult<IReadOnlyList<Memory>>(memories));

    public static Memory Memory(MemoryCategory category, string name, string content, MemorySources? sources = MemorySources.Owner) => new(
        new MemoryInfo
        {
            Category = category,
            Name = name,
            Version = "1",
            Revision = 1,
            Abstract = content,
            Tokens = 1,
            ChangedAt = DateTimeOffset.UnixEpoch,
            Sources = sources,
        },
        content);

    /// <summary>Answers kept in memory, as storage keeps them.</summary>
    public static PaidAnswers Kept(ConcurrentDictionary<string, PaidAnswer> kept, int attempt = 1) => new(
        attempt,
        (name, _) => Task.FromResult(kept.GetValueOrDefault(name)),
        (name, answer, _) => Task.FromResult(kept.GetOrAdd(name, answer)));
}
