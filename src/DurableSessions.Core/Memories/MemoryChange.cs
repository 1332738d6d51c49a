using System.Text.Json.Serialization;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>A change of a user's long-term memory that a digest asks for. It is applied once, when its commit is switched.</summary>
public sealed record MemoryChange
{
    /// <summary>What to do.</summary>
    public required MemoryOperation Operation { get; init; }

    /// <summary>What it is about.</summary>
    public required MemoryCategory Category { get; init; }

    /// <summary>The memory's name in its category, or a title: then <see cref="MemoryName.From"/> names it.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The peer it is to belong to, one that a message of the archive names; <see langword="null"/>: it is the user's own. A case is the
    /// user's own with any peer.
    /// </summary>
    public string? Peer { get; init; }

    /// <summary>Markdown, at most <see cref="MemoryLimits.MaxContentLength"/> characters; empty for a deletion.</summary>
    public string Content { get; init; } = "";

    /// <summary>
    /// Everything that the question contained to which this is the answer; <see langword="null"/>: unknown. A digest that leaves it out may
    /// do no more than a tool's output: see <see cref="MemoryAuthority"/>. A change that an earlier version stored has none, and is
    /// applied as it was accepted.
    /// </summary>
    public MemorySources? Sources { get; init; }

    /// <summary>
    /// The memory's content as the digest was shown it; the store fills this in. <see langword="null"/>: it was not shown, or there
    /// was none.
    /// </summary>
    public string? Base { get; init; }

    /// <summary>
    /// The tags it is to have besides those that it has; the store fills this in, where it is about what happened.
    /// <see langword="null"/>: none.
    /// </summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Which memory it is.</summary>
    [JsonIgnore]
    public MemoryKey Key => new(Category, Name, Peer);
}
