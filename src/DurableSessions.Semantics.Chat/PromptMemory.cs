using System.Text.Json.Serialization;
using DurableSessions.Core.Memories;

namespace DurableSessions.Semantics.Chat;

/// <summary>A memory as the prompt contains it.</summary>
/// <param name="Category">Its category.</param>
/// <param name="Name">Its name.</param>
/// <param name="Content">Its content; <see langword="null"/>: it is named alone.</param>
/// <param name="Key">Which one it is.</param>
internal sealed record PromptMemory(string Category, string Name, string? Content, [property: JsonIgnore] MemoryKey Key)
{
    /// <summary>The peer it belongs to, shortened where it is long; <see langword="null"/>: it is the owner's, whatever the peer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Peer { get; init; }

    /// <summary>Where its content may come from; <see langword="null"/>: unknown.</summary>
    [JsonIgnore]
    public MemorySources? Sources { get; init; }
}
