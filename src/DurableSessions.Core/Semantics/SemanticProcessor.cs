using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Semantics;

/// <summary>
/// Digests a session's messages: the port of the semantic step. An implementation may fail, be slow, and be called again
/// for the same request; what it returns once and has been stored is never asked for again.
/// </summary>
public interface ISemanticProcessor
{
    /// <summary>A short name that is stored with the digest: <c>extractive</c>, a model's name.</summary>
    string Name { get; }

    /// <summary>Makes the digest of what came before together with the new messages.</summary>
    Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken);
}

/// <summary>What there is to digest.</summary>
/// <param name="PreviousOverview">
/// The overview of everything before, as an implementation made it; <see langword="null"/> at the first time.
/// </param>
/// <param name="Messages">The new messages in order; read once, as a stream: there may be more than fit in memory.</param>
public sealed record SemanticRequest(string? PreviousOverview, IAsyncEnumerable<SessionMessage> Messages)
{
    /// <summary>What may be done with the user's memories; <see langword="null"/>: the session's policy allows nothing.</summary>
    public MemoryExtraction? Memories { get; init; }

    /// <summary>Keeps the answers that were paid for; <see langword="null"/>: answers are not kept.</summary>
    public PaidAnswers? Answers { get; init; }
}

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
    /// What the model has taken and given for this digest, answers kept before a crash included; <see langword="null"/>: there
    /// was no model.
    /// </summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Why memories were not looked for; <see langword="null"/>: they were.</summary>
    public string? WithoutMemories { get; init; }
}
