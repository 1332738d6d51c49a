using DurableSessions.Core.Commits;

namespace DurableSessions.Core.Memories;

/// <summary>What a commit did to a user's memories: <c>memory_diff.json</c> beside its archive. Written once.</summary>
public sealed record MemoryDiff
{
    /// <summary>The format of this document.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The commit.</summary>
    public required string CommitId { get; init; }

    /// <summary>When the changes were made.</summary>
    public required DateTimeOffset AppliedAt { get; init; }

    /// <summary>Every memory that is different since, once each.</summary>
    public required IReadOnlyList<MemoryDifference> Changes { get; init; }

    /// <summary>What was asked for and not done.</summary>
    public IReadOnlyList<MemorySkip> Skipped { get; init; } = [];
}

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
