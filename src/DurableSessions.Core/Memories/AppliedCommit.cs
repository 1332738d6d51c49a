using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Memories;

/// <summary>A commit whose changes are in the catalogue.</summary>
internal sealed record AppliedCommit
{
    public required SessionKey Session { get; init; }

    public required string Incarnation { get; init; }

    public required CommitId CommitId { get; init; }

    /// <summary>
    /// Whether its archive was switched before: then another commit may cover it, and so close this one, before the diff is written;
    /// the host that takes the name out writes it.
    /// </summary>
    public bool IsLate { get; init; }

    /// <summary>The number of its archive, where that was digested again; <see langword="null"/>: it was digested first.</summary>
    public int? Again { get; init; }

    /// <summary>Where its diff belongs.</summary>
    public required string DiffBlob { get; init; }

    /// <summary>What it did: kept until it is written, so that a crash between loses nothing.</summary>
    public required MemoryDiff Diff { get; init; }
}
