using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Extensions.AI;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// A question about one window: instructions, and the conversation as one JSON document between two tags. In the document every quote, line
/// end, <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> of a text is escaped, so that no text can end its string or the document.
/// </summary>
internal sealed record ModelQuestion(Prompt Prompt, string Document)
{
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
    };

    /// <summary>Asks for a digest of everything.</summary>
    /// <param name="previousOverview">The overview of everything before.</param>
    /// <param name="memories">The memories; <see langword="null"/> where none may be changed.</param>
    /// <param name="isOwners">Whether the owner alone said all of it: then every change may be asked for.</param>
    /// <param name="messages">The window.</param>
    /// <param name="instructions">What the owner asks of this digest; <see langword="null"/>: nothing.</param>
    public static ModelQuestion Whole(
        string? previousOverview, IReadOnlyList<PromptMemory>? memories, bool isOwners, IReadOnlyList<PromptMessage> messages,
        string? instructions = null) => new(
        Prompt.Digest.With(instructions),
        JsonSerializer.Serialize(
            new
            {
                PreviousOverview = previousOverview,
                MemoryChanges = memories is null ? "none" : isOwners ? "all" : "additions",
                Memories = memories,
                Messages = messages,
            },
            Json));

    /// <summary>Asks what the owner's words alone change in memories.</summary>
    public static ModelQuestion Owners(IReadOnlyList<PromptMemory> memories, IReadOnlyList<PromptMessage> words) =>
        new(Prompt.Owner, JsonSerializer.Serialize(new { Memories = memories, Messages = words }, Json));

    /// <summary>
    /// The chat messages of attempt <paramref name="attempt"/>, counted from 1; from the second on, with a note that the answer before was
    /// unusable.
    /// </summary>
    public IReadOnlyList<ChatMessage> Messages(int attempt) =>
    [
        new(ChatRole.System, Prompt.Instructions),
        new(ChatRole.User, $"<data>\n{Document}\n</data>"),
        .. attempt > 1 ? [new ChatMessage(ChatRole.User, Chat.Prompt.Again)] : Array.Empty<ChatMessage>(),
    ];

    /// <summary>The hash of the model's name, the instructions and the document, which identifies the question in storage.</summary>
    public string Hash(string model)
    {
        string all = string.Join('\u0000', model, Prompt.Instructions, Chat.Prompt.Again, Prompt.Schema.GetRawText(), Document);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)));
    }
}
