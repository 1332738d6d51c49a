using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>One memory before and after a commit.</summary>
public sealed record MemoryDifference
{
    /// <summary>What it is about.</summary>
    public required MemoryCategory Category { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its content before; <see langword="null"/>: there was no such memory.</summary>
    public string? Before { get; init; }

    /// <summary>Its content after; <see langword="null"/>: it was deleted.</summary>
    public string? After { get; init; }
}
