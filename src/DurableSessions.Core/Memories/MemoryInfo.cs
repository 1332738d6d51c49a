using System.Text.Json.Serialization;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>A memory without its content, as listings tell it.</summary>
public sealed record MemoryInfo
{
    /// <summary>What it is about.</summary>
    public required MemoryCategory Category { get; init; }

    /// <summary>Its name within the category.</summary>
    public required string Name { get; init; }

    /// <summary>The peer it belongs to; <see langword="null"/>: it is the user's own, whatever the peer.</summary>
    public string? Peer { get; init; }

    /// <summary>Drawn anew with each change: its ETag.</summary>
    public required string Version { get; init; }

    /// <summary>How often it was changed since it was created, from 1.</summary>
    public required int Revision { get; init; }

    /// <summary>Its first line, at most <see cref="MemoryLimits.MaxAbstractLength"/> characters.</summary>
    public required string Abstract { get; init; }

    /// <summary>The estimated tokens of its content.</summary>
    public required long Tokens { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>The commit that last changed it; <see langword="null"/>: its user did.</summary>
    public string? ChangedBy { get; init; }

    /// <summary>
    /// The session whose commit last changed it; <see langword="null"/>: its user did, or it was written before this was recorded.
    /// </summary>
    public string? ChangedIn { get; init; }

    /// <summary>Where its content may come from; <see langword="null"/>: unknown, it was written before this was recorded.</summary>
    public MemorySources? Sources { get; init; }

    /// <summary>
    /// Whether the owner's words alone have written it, or a part of it: it stays the owner's where others add to it, until it is deleted.
    /// </summary>
    public bool HasOwnersWords { get; init; }

    /// <summary>
    /// Tags that commits gave it, <c>key=value</c>, at most <see cref="EventTags.MaxTags"/>; <see langword="null"/>: none. They stay where
    /// its content is changed. A host of a version that does not know them, and writes the catalogue anew, drops them.
    /// </summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Which memory it is.</summary>
    [JsonIgnore]
    public MemoryKey Key => new(Category, Name, Peer);
}
