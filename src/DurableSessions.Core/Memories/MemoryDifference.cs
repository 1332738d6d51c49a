using System.Text.Json.Serialization;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>One memory before and after a commit.</summary>
public sealed record MemoryDifference
{
    /// <summary>What it is about.</summary>
    public required MemoryCategory Category { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The peer it belongs to; <see langword="null"/>: it is the user's own.</summary>
    public string? Peer { get; init; }

    /// <summary>Its content before; <see langword="null"/>: there was no such memory.</summary>
    public string? Before { get; init; }

    /// <summary>Its content after; <see langword="null"/>: it was deleted.</summary>
    public string? After { get; init; }

    /// <summary>Where the content before may come from; <see langword="null"/>: unknown, or there was none.</summary>
    public MemorySources? SourcesBefore { get; init; }

    /// <summary>Where the content after may come from; <see langword="null"/>: unknown, or it was deleted.</summary>
    public MemorySources? Sources { get; init; }

    /// <summary>Its tags before; <see langword="null"/>: none.</summary>
    public IReadOnlyList<string>? TagsBefore { get; init; }

    /// <summary>Its tags after; <see langword="null"/>: none.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Which memory it is.</summary>
    [JsonIgnore]
    public MemoryKey Key => new(Category, Name, Peer);
}
