using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Extensions.AI;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// The prompt of one window: instructions, and the conversation as one JSON document between two tags. In the document every quote, line
/// end, <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> of a text is escaped, so that no text can end its string or the document.
/// </summary>
internal sealed record ModelQuestion(string Document)
{
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
    };

    public static ModelQuestion Of(
        string? previousOverview, IReadOnlyList<PromptMemory>? memories, IReadOnlyList<PromptMessage> messages) =>
        new(JsonSerializer.Serialize(new { PreviousOverview = previousOverview, Memories = memories, Messages = messages }, Json));

    /// <summary>
    /// The chat messages of attempt <paramref name="attempt"/>, counted from 1; from the second on, with a note that the answer before was
    /// unusable.
    /// </summary>
    public IReadOnlyList<ChatMessage> Messages(int attempt) =>
    [
        new(ChatRole.System, Prompt.Digest),
        new(ChatRole.User, $"<data>\n{Document}\n</data>"),
        .. attempt > 1 ? [new ChatMessage(ChatRole.User, Prompt.Again)] : Array.Empty<ChatMessage>(),
    ];

    /// <summary>The hash of the model's name, the instructions and the document, which identifies the question in storage.</summary>
    public string Hash(string model)
    {
        string all = string.Join('\u0000', model, Prompt.Digest, Prompt.Again, Prompt.Schema.GetRawText(), Document);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)));
    }
}
