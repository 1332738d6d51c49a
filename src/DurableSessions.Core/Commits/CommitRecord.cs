using DurableSessions.Core.Semantics;

namespace DurableSessions.Core.Commits;

/// <summary>What became of a commit.</summary>
public enum CommitFate
{
    /// <summary>Its messages are in an archive.</summary>
    Archived,

    /// <summary>It was cancelled before anything was cleared from live: nothing happened.</summary>
    Cancelled,

    /// <summary>There was nothing to archive.</summary>
    Skipped,
}

/// <summary>How far an archive has been digested.</summary>
public enum ArchiveState
{
    /// <summary>Staged and cleared from live; the semantic step or the switch is still to come.</summary>
    Pending,

    /// <summary>An overview covers it.</summary>
    Covered,

    /// <summary>An overview covers it, made by the built-in digest because the configured one failed.</summary>
    Degraded,

    /// <summary>No overview covers it: its messages stay in context.</summary>
    Uncovered,
}

/// <summary>What a commit staged.</summary>
/// <param name="Messages">Messages in the archive.</param>
/// <param name="Tokens">Their estimated tokens.</param>
/// <param name="Bytes">Bytes of the archive's lines.</param>
/// <param name="Retained">Messages that stayed live because the commit was asked to keep them.</param>
/// <param name="KeyedMessages">Those of the archive whose ids are derived, so that a repetition is looked for among them.</param>
/// <param name="Sha256">Of the archive's bytes, in lower-case hexadecimal.</param>
/// <param name="LastMessageAt">When the last of them was said, as its client wrote it.</param>
public sealed record StagedCounts(
    int Messages, long Tokens, long Bytes, int Retained, int KeyedMessages, string Sha256, string? LastMessageAt);

/// <summary>
/// The fate of one attempt of a commit; written once, before the manifest forgets the commit. So a commit id answers for
/// ever with what it did: to a repeated idempotency key, to a zombie, to a retry after its instance was purged.
/// </summary>
internal sealed record CommitRecord
{
    public int Format { get; init; } = 1;

    public required string CommitId { get; init; }

    public required int Attempt { get; init; }

    public required CommitFate Fate { get; init; }

    public string? Reason { get; init; }

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

    /// <summary>The semantic document; none where the archive stayed uncovered.</summary>
    public string? Semantic { get; init; }

    /// <summary>How many changes of memories that document asks for.</summary>
    public int MemoryChanges { get; init; }

    /// <summary>What the model has taken and given for that document; <see langword="null"/> where there was no model.</summary>
    public TokenUsage? Usage { get; init; }
}
