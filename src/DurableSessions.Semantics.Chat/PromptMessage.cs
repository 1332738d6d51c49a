using System.Text.Json.Serialization;
using DurableSessions.Core.Memories;

namespace DurableSessions.Semantics.Chat;

/// <summary>A message as the prompt contains it.</summary>
/// <param name="Id"><c>m1</c>, <c>m2</c>, … in the order of the window.</param>
/// <param name="Role">Its role, as the client sent it.</param>
/// <param name="From">Its author: <c>owner</c>, <c>assistant</c>, <c>tool</c> or <c>peer</c>.</param>
/// <param name="Peer">Its peer id, shortened where it is long.</param>
/// <param name="At">Its time, as the client wrote it.</param>
/// <param name="Parts">What it says, each thing by itself.</param>
internal sealed record PromptMessage(string Id, string Role, string From, string? Peer, string? At, IReadOnlyList<PromptPart> Parts)
{
    /// <summary>Its author.</summary>
    [JsonIgnore]
    public MemorySources Author { get; init; }

    /// <summary>Its peer id, as a whole.</summary>
    [JsonIgnore]
    public string? PeerId { get; init; }

    /// <summary>Its author, and the tools whose output it contains.</summary>
    [JsonIgnore]
    public MemorySources Sources => Author | (Parts.Any(static p => p.IsMaterial) ? MemorySources.Tool : MemorySources.None);

    /// <summary>The owner's own words in it; <see langword="null"/> where there are none.</summary>
    public PromptMessage? OwnersWords() =>
        Author == MemorySources.Owner
            && Parts.Where(static p => p.IsText && !string.IsNullOrWhiteSpace(p.Text)).ToList() is { Count: > 0 } words
            ? this with { Peer = null, Parts = words }
            : null;

    /// <summary>The message as its author's.</summary>
    public PromptMessage By(MemorySources author) => this with { Author = author, From = author.ToString().ToLowerInvariant() };
}
