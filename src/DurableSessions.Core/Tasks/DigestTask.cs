using DurableSessions.Core.Archives;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Tasks;

/// <summary>A change of an archive's digest as its user sees it: a snapshot.</summary>
public sealed record DigestTask
{
    /// <summary>Its id.</summary>
    public required string TaskId { get; init; }

    /// <summary>The archive's session.</summary>
    public required SessionKey Session { get; init; }

    /// <summary>The archive.</summary>
    public required int ArchiveNumber { get; init; }

    /// <summary>What was asked for.</summary>
    public required DigestMode Mode { get; init; }

    /// <summary>Where it stands. It is cancelled only by a deletion of its session.</summary>
    public required CommitTaskStatus Status { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last moved.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Why it failed; no text of a model is in it.</summary>
    public string? Error { get; init; }

    /// <summary>
    /// The digest that was made, or put in place; <see langword="null"/> until it is completed, and where that was let go since.
    /// </summary>
    public DigestInfo? Digest { get; init; }

    /// <summary>The digest that is in place now; <see langword="null"/> until the task is completed.</summary>
    public DigestInfo? Present { get; init; }

    /// <summary>The preview that was let go to keep the new digest; <see langword="null"/>: none was.</summary>
    public int? DroppedVersion { get; init; }

    /// <summary>Whether it is over.</summary>
    public bool IsOver => Status is CommitTaskStatus.Completed or CommitTaskStatus.Failed or CommitTaskStatus.Cancelled;
}
