using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Archives;

/// <summary>An archive, by its number.</summary>
internal sealed record ArchiveEntry
{
    public int Format { get; init; } = 1;

    public required int Number { get; init; }

    public required CommitId CommitId { get; init; }

    /// <summary>The attempt under whose name the messages lie.</summary>
    public required int Attempt { get; init; }

    public required StagedCounts Counts { get; init; }

    public required DateTimeOffset SwitchedAt { get; init; }

    public required ArchiveState State { get; init; }

    /// <summary>The semantic document; none where the archive stayed uncovered.</summary>
    public string? Semantic { get; init; }

    /// <summary>
    /// The line of that document, so that a listing need not read it; none where there is no document, or where an older version wrote
    /// this entry: then the document has it.
    /// </summary>
    public string? Abstract { get; init; }

    /// <summary>What its commit did to the user's own memories; none where it did nothing.</summary>
    public string? MemoryDiff { get; init; }

    /// <summary>What its commit did to memories of peers; none where it did nothing.</summary>
    public string? PeersMemoryDiff { get; init; }

    /// <summary>Set once the archive was digested again, because the built-in digest had stood in for a model.</summary>
    public DigestedAgain? Again { get; init; }

    /// <summary>Set once a user has asked for another digest; <see cref="Semantic"/> is the one in place.</summary>
    public DigestChanges? Digests { get; init; }
}
