using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Configuration;

/// <summary>Bounds and times of the session store.</summary>
public sealed record SessionOptions
{
    /// <summary>How long an idempotency key is honoured at least; 24 hours unless set.</summary>
    public TimeSpan IdempotencyWindow { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long a message that comes again without a key, without a name and the same in every byte is taken for a repetition; nothing
    /// unless set, <see cref="IdempotencyWindow"/> at most. See <c>Repetitions</c>.
    /// </summary>
    public TimeSpan RepetitionWindow { get; init; }

    /// <summary>
    /// Blocks after which appends go on in a new segment. Azure Storage takes 50,000 in one append blob.
    /// </summary>
    public int BlocksPerSegment { get; init; } = 10_000;

    /// <summary>Commits of one session that may wait for their semantic step; one more is refused until one has ended.</summary>
    public int MaxPendingCommits { get; init; } = 100;

    /// <summary>
    /// Archives without an overview after which the built-in digest stands in for one that keeps failing, under any policy.
    /// </summary>
    public int MaxUncoveredArchives { get; init; } = 256;

    /// <summary>Bytes of messages of one session that may wait in memory to be appended; more is refused until some are written.</summary>
    public int MaxQueuedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long a deleted session's tombstone stays, so that nothing late can bring it back.</summary>
    public TimeSpan TombstoneRetention { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// The policy that a session starts with where its user says nothing of one; <see langword="null"/>: none. The session keeps it, so
    /// that a change of this option changes no session there is.
    /// </summary>
    public AutoCommitPolicy? DefaultAutoCommitPolicy { get; init; }

    /// <summary>How the semantic step of a commit is tried; a commit keeps what held when it was accepted.</summary>
    public SemanticPolicy Semantic { get; init; } = new();
}
