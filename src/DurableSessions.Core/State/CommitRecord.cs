using System.Text.Json.Serialization;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.State;

/// <summary>
/// The fate of one attempt of a commit; written once, before the manifest forgets the commit. So a commit id answers for
/// ever with what it did: to a repeated idempotency key, to a zombie, to a retry after its instance was purged.
/// </summary>
internal sealed record CommitRecord
{
    public int Format { get; init; } = 1;

    public required CommitId CommitId { get; init; }

    public required int Attempt { get; init; }

    public required CommitFate Fate { get; init; }

    public string? Reason { get; init; }

    /// <summary>
    /// Whether a later attempt of the commit has closed this one, and what became of the commit is in the record of one after it. It is
    /// stored as the reason.
    /// </summary>
    [JsonIgnore]
    public bool IsRetried => Fate == CommitFate.Cancelled && Reason == ClosedCommit.RetriedReason;

    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>The archive's number, where there is one.</summary>
    public int? Number { get; init; }

    /// <summary>The attempt under whose name the archive's messages lie.</summary>
    public int? StagedAttempt { get; init; }

    public StagedCounts? Counts { get; init; }

    /// <summary>The segments the archive consumed.</summary>
    public IReadOnlyList<string> Segments { get; init; } = [];

    /// <summary>How the semantic step ended: covered, degraded or uncovered.</summary>
    public ArchiveState? State { get; init; }

    /// <summary>Whether the archive stayed uncovered because its user cancelled the commit after clear-live.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>The semantic document; none where the archive stayed uncovered.</summary>
    public string? Semantic { get; init; }

    /// <summary>
    /// Whether that document was made from an overview that builds on a degraded one; <see langword="null"/>: an earlier version made it,
    /// and it is unknown.
    /// </summary>
    public bool? IsFromDegraded { get; init; }

    /// <summary>The same document, for the manifest; <see langword="null"/> where there is none.</summary>
    [JsonIgnore]
    public DigestReference? Digest => Semantic is null ? null : new(Semantic, State == ArchiveState.Degraded, IsFromDegraded);

    /// <summary>How many changes of memories that document asks for.</summary>
    public int MemoryChanges { get; init; }

    /// <summary>The tags of memories of events that the commit makes; <see langword="null"/>: none.</summary>
    public IReadOnlyList<string>? EventTags { get; init; }

    /// <summary>What the model has taken and given for that document; <see langword="null"/> where there was no model.</summary>
    public TokenUsage? Usage { get; init; }
}
