namespace DurableSessions.Core.Memories;

/// <summary>What a digest wants done with a memory.</summary>
public enum MemoryOperation
{
    /// <summary>A new memory. Where one of that name has come to be, it is merged into that.</summary>
    Create,

    /// <summary>Its lines are added to those that are there, each once.</summary>
    Merge,

    /// <summary>It replaces what the digest has seen; what others changed since then is kept.</summary>
    Update,

    /// <summary>What the digest has seen is to be forgotten. Where others changed it since then, it stays.</summary>
    Delete,
}

/// <summary>A change of a user's long-term memory that a digest asks for. It is applied once, when its commit is switched.</summary>
public sealed record MemoryChange
{
    /// <summary>What to do.</summary>
    public required MemoryOperation Operation { get; init; }

    /// <summary>What it is about.</summary>
    public required MemoryCategory Category { get; init; }

    /// <summary>The memory's name in its category, or a title: then <see cref="MemoryName.From"/> names it.</summary>
    public required string Name { get; init; }

    /// <summary>Markdown, at most <see cref="MemoryLimits.MaxContentLength"/> characters; empty for a deletion.</summary>
    public string Content { get; init; } = "";

    /// <summary>
    /// The memory's content as the digest was shown it; the store fills this in. <see langword="null"/>: it was not shown, or there
    /// was none.
    /// </summary>
    public string? Base { get; init; }
}

/// <summary>A change that was not made, or memories that were not extracted, and why.</summary>
/// <param name="Reason">For people.</param>
/// <param name="Category">Of the change; <see langword="null"/> where it is about all.</param>
/// <param name="Name">Of the change; <see langword="null"/> where it is about all.</param>
public sealed record MemorySkip(string Reason, MemoryCategory? Category = null, string? Name = null);
