using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>What a digest is made from.</summary>
/// <param name="Commit">The attempt that it is made for.</param>
/// <param name="Previous">The document with the overview before it; <see langword="null"/>: there is none.</param>
/// <param name="Covers">The archives since, in order; the last one is the one that is digested.</param>
/// <param name="IsFromDegraded">Whether that overview builds on a degraded one.</param>
internal sealed record SemanticBasis(
    CommitAttempt Commit, string? Previous, IReadOnlyList<ArchiveReference> Covers, bool IsFromDegraded)
{
    /// <summary>
    /// Whether the archive is digested again. Answers that could not be used when it was digested first then leave as many tries as a
    /// further attempt has, and no memory is replaced or deleted: what is there may be newer.
    /// </summary>
    public bool IsAgain { get; init; }

    /// <summary>
    /// The request for another digest of an archive that has one: no memories are looked for, and no answer to another request is taken.
    /// <see langword="null"/>: it is digested for its commit.
    /// </summary>
    public string? Request { get; init; }

    /// <summary>What the digest is to look at besides; <see langword="null"/>: nothing.</summary>
    public string? Instructions { get; init; }

    /// <summary>The tags of memories of events that the archive's commit makes; <see langword="null"/>: none.</summary>
    public IReadOnlyList<string>? EventTags { get; init; }

    /// <summary>What the digest of an archive is made from first: the newest overview, and all that it does not reach.</summary>
    public static SemanticBasis Of(CommitAttempt commit, Manifest manifest, ArchiveReference archive) => new(
        commit,
        manifest.Overview?.Blob,
        [.. manifest.Uncovered.Where(u => u.Number < archive.Number), archive],
        manifest.DegradedFrom is not null);
}
