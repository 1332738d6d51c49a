using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>How the semantic step ended.</summary>
/// <param name="State">Covered or degraded.</param>
/// <param name="Semantic">The document, unless another commit's covers the archive.</param>
internal sealed record SemanticOutcome(ArchiveState State, string? Semantic)
{
    /// <summary>Whether the document was made from an overview that builds on a degraded one; <see langword="null"/>: unknown.</summary>
    public bool? IsFromDegraded { get; init; }

    /// <summary>Whether there is no document because the commit's user has cancelled it.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>How many changes of memories the document asks for; where it asks for none, no host needs to read it.</summary>
    public int MemoryChanges { get; init; }

    /// <summary>Why the configured processor was not asked; <see langword="null"/>: it was.</summary>
    public string? Reason { get; init; }

    /// <summary>What the model has taken and given for it.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>What it says of memories besides; <see langword="null"/> where it says nothing.</summary>
    public MemoryReport? Memories { get; init; }
}
