using System.Text.Json.Serialization;
using DurableSessions.Core.Memories;

namespace DurableSessions.Semantics.Chat;

/// <summary>A memory as the prompt contains it.</summary>
/// <param name="Category">Its category.</param>
/// <param name="Name">Its name.</param>
/// <param name="Content">Its content; <see langword="null"/>: it is named alone.</param>
internal sealed record PromptMemory(string Category, string Name, string? Content)
{
    /// <summary>Where its content may come from; <see langword="null"/>: unknown.</summary>
    [JsonIgnore]
    public MemorySources? Sources { get; init; }
}
