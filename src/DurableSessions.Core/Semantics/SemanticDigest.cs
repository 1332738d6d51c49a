using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Semantics;

/// <summary>A digest of a session up to some archive.</summary>
/// <param name="Abstract">One line, at most <see cref="MaxAbstractLength"/> characters.</param>
/// <param name="Overview">Markdown, at most <see cref="MaxOverviewLength"/> characters, after any number of commits.</param>
public sealed record SemanticDigest(string Abstract, string Overview)
{
    /// <summary>The longest abstract, in characters.</summary>
    public const int MaxAbstractLength = 200;

    /// <summary>The longest overview, in characters.</summary>
    public const int MaxOverviewLength = 4_000;

    /// <summary>
    /// Changes of the user's memories, applied once when the commit is switched; at most <see cref="MemoryLimits.MaxChanges"/>.
    /// </summary>
    public IReadOnlyList<MemoryChange> Memories { get; init; } = [];

    /// <summary>
    /// Changes that the processor itself refused, and why; of more than <see cref="MemoryLimits.MaxSkipped"/> the number is stored.
    /// </summary>
    public IReadOnlyList<MemorySkip> MemoriesSkipped { get; init; } = [];

    /// <summary>Where abstract and overview may come from; <see langword="null"/>: unknown.</summary>
    public MemorySources? Sources { get; init; }

    /// <summary>
    /// What the model has taken and given for this digest, answers kept before a crash included; <see langword="null"/>: there
    /// was no model.
    /// </summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Why memories were not looked for; <see langword="null"/>: they were.</summary>
    public string? WithoutMemories { get; init; }
}
