namespace DurableSessions.Core.Auditing;

/// <summary>What is wrong.</summary>
public enum FindingKind
{
    /// <summary>A manifest cannot be read, or has a format that this version does not know.</summary>
    ManifestUnreadable,

    /// <summary>A manifest contradicts itself.</summary>
    ManifestInconsistent,

    /// <summary>A manifest names a live segment that is not there.</summary>
    SegmentLost,

    /// <summary>Messages were acknowledged behind a segment that still takes appends.</summary>
    SegmentNotSealed,

    /// <summary>The last segment is sealed; the next append goes on in a new one.</summary>
    SegmentSealed,

    /// <summary>A live segment holds what is no message.</summary>
    SegmentDamaged,

    /// <summary>The messages of an archive are not there.</summary>
    ArchiveLost,

    /// <summary>The messages of an archive are not those that were archived.</summary>
    ArchiveDamaged,

    /// <summary>A switched archive cannot be found by its number, or under it lies another one.</summary>
    IndexDamaged,

    /// <summary>The record of a switched commit is not there, or says something else.</summary>
    RecordDamaged,

    /// <summary>A digest that is referred to is not there, or cannot be read.</summary>
    DigestLost,

    /// <summary>A user's catalogue of memories cannot be read.</summary>
    MemoriesUnreadable,

    /// <summary>A memory that its user's catalogue names is not there.</summary>
    MemoryLost,

    /// <summary>One message is in the session twice.</summary>
    DuplicateMessage,

    /// <summary>A commit that has begun has no orchestration that carries it on.</summary>
    Abandoned,

    /// <summary>A part of the check was left out, for a bound that the message names.</summary>
    NotChecked,

    /// <summary>A blob whose name the store does not give.</summary>
    UnknownBlob,

    /// <summary>A segment that no manifest names.</summary>
    OrphanedSegment,

    /// <summary>A blob that a commit staged and no commit refers to.</summary>
    OrphanedStaging,

    /// <summary>What a deleted session left.</summary>
    OrphanedSession,

    /// <summary>A version of a memory that no catalogue names.</summary>
    OrphanedMemory,

    /// <summary>An entry of the task index without a commit.</summary>
    OrphanedTask,

    /// <summary>The name that an idempotency key made for a session, longer ago than keys are honoured.</summary>
    ExpiredCreation,

    /// <summary>What an idempotency key was used for, longer ago than keys are honoured.</summary>
    ExpiredRequest,

    /// <summary>A tombstone that no orchestration will remove.</summary>
    AbandonedTombstone,

    /// <summary>An orchestration cannot be read as it is stored.</summary>
    OrchestrationDamaged,

    /// <summary>A segment of the search index that was merged cannot be read: what its archives say is not found.</summary>
    SearchDamaged,

    /// <summary>A segment of the search index that was merged has archives that were deleted or have expired.</summary>
    OrphanedSearch,

    /// <summary>
    /// No segment of the search index has an archive: an earlier version switched it, or its segments were lost. It is found by its digest
    /// alone.
    /// </summary>
    ArchiveNotIndexed,
}
