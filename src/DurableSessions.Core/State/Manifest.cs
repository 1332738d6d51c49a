using System.Text.Json.Serialization;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Retaining;

namespace DurableSessions.Core.State;

/// <summary>
/// The one mutable truth of a session, replaced as a whole by compare-and-swap. It stays small for ever: what grows with
/// the session (messages, archives) it only points to.
/// </summary>
internal sealed record Manifest
{
    /// <summary>The format of this document.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Drawn anew for each write, so that a writer whose answer was lost recognises its own write.</summary>
    public string WriteId { get; init; } = "";

    /// <summary>Counts the writes.</summary>
    public long Generation { get; init; }

    public required string Account { get; init; }

    public required string User { get; init; }

    public required string SessionId { get; init; }

    /// <summary>Drawn when the session is created: tells it from a deleted one of the same id.</summary>
    public required string Incarnation { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Set once the session is deleted; what stays is a tombstone.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public SessionSettings Settings { get; init; } = new();

    /// <summary>The idempotency key that created it, hashed, and the hash of the request.</summary>
    public RequestKey? CreatedBy { get; init; }

    /// <summary>
    /// How many messages the last commit was asked to keep live, but for those that were started because the session was idle.
    /// </summary>
    public int KeepRecentCount { get; init; }

    /// <summary>
    /// Which turns the last commit kept live; <see langword="null"/>: it kept <see cref="KeepRecentCount"/> messages, or was started
    /// because the session was idle, and kept none. Such a commit leaves the count and ends the turns.
    /// </summary>
    public TurnRetention? TurnRetention { get; init; }

    /// <summary>The number the next segment gets.</summary>
    public int NextSegment { get; init; } = 1;

    /// <summary>The segments that hold the live messages, oldest first; only the last takes appends.</summary>
    public required IReadOnlyList<SegmentReference> Live { get; init; }

    /// <summary>A commit that has begun to cut: its segments are still live, and are being sealed.</summary>
    public Cut? Cutting { get; init; }

    /// <summary>
    /// How many commits have cleared live, or were closed before they could: names the states in which a commit may start by
    /// itself, one in each. A cut alone does not count: until it is cleared, the same messages are live.
    /// </summary>
    public int DecidedCount { get; init; }

    /// <summary>Commits that have been cleared from live and are not yet switched, in archive order.</summary>
    public IReadOnlyList<PendingArchive> Pending { get; init; } = [];

    /// <summary>Switched archives that no overview covers yet, in archive order.</summary>
    public IReadOnlyList<ArchiveReference> Uncovered { get; init; } = [];

    /// <summary>Commits that ended without an archive, for as long as their record is not written.</summary>
    public IReadOnlyList<ClosedCommit> Closed { get; init; } = [];

    /// <summary>How many archive numbers have been given out, from 1 without gaps.</summary>
    public int ArchiveCount { get; init; }

    /// <summary>
    /// Archives up to this number have expired: of each only the record of its commit stays, and no reader finds it. 0: none has; also in
    /// manifests that were written before there was this field.
    /// </summary>
    public int ExpiredArchives { get; init; }

    /// <summary>
    /// No archive that has not expired was switched before this. <see langword="null"/>: none was switched yet, or the first was before
    /// there was this field.
    /// </summary>
    public DateTimeOffset? OldestArchiveAt { get; init; }

    /// <summary>
    /// When the manifest was written before archives expired, by storage's clock: that is no use of the session. <see langword="null"/>: it
    /// was written for something else since.
    /// </summary>
    public DateTimeOffset? UnusedSince { get; init; }

    /// <summary>The newest overview, and how far it reaches.</summary>
    public OverviewReference? Overview { get; init; }

    /// <summary>
    /// The oldest archive that is to be digested again, because the built-in digest stood in for a model. What the overview reaches from
    /// there on is degraded too, or was digested by the model from an overview that builds on a degraded one. <see langword="null"/>:
    /// there is none; also in manifests that were written before there was this field.
    /// </summary>
    public int? DegradedFrom { get; init; }

    /// <summary>
    /// The digest of a covered archive that a user has put in place last. By it a host notices that what it has indexed may be older; it
    /// decides nothing.
    /// </summary>
    public DigestMark? DigestMark { get; init; }

    /// <summary>Messages in archives, pending ones included.</summary>
    public long ArchivedMessages { get; init; }

    /// <summary>Changes of memories that the session's commits made.</summary>
    public long MemoriesExtracted { get; init; }

    /// <summary>
    /// The same by category, without those that have none. What was counted before there was this field is only in
    /// <see cref="MemoriesExtracted"/>, so that the sum may be less.
    /// </summary>
    public IReadOnlyDictionary<MemoryCategory, long> MemoriesByCategory { get; init; } = new Dictionary<MemoryCategory, long>();

    /// <summary>
    /// What models have taken and given for the digests that the manifest was switched to. The swap that switches counts, so that each
    /// digest counts once; one that another digest came before does not. Digests from before there was this field are not in it.
    /// </summary>
    public TokenUsage Usage { get; init; } = TokenUsage.None;

    /// <summary>Contexts that clients said they used.</summary>
    public long ContextsUsed { get; init; }

    /// <summary>Skills that clients said they used.</summary>
    public long SkillsUsed { get; init; }

    /// <summary>The requests with a key that were counted last.</summary>
    public IReadOnlyList<RequestKey> CountedBy { get; init; } = [];

    public DateTimeOffset? LastCommitAt { get; init; }

    /// <summary>
    /// When a commit that the session started by itself, over a threshold or idle, last cleared messages from live; from here
    /// <see cref="AutoCommitPolicy.MinCommitIntervalSeconds"/> counts. Set by the swap that clears, and never taken back: a commit that is
    /// cancelled or fails later has counted, one that is skipped or cancelled before has archived nothing and does not count.
    /// <see langword="null"/> also in manifests that were written before there was this field.
    /// </summary>
    public DateTimeOffset? LastAutoCommitAt { get; init; }

    /// <summary>When the newest archived message was said, as its client wrote it.</summary>
    public string? LastArchivedMessageAt { get; init; }

    /// <summary>The segment that takes appends. Not stored: a damaged manifest without one can be written when it is deleted.</summary>
    [JsonIgnore]
    public SegmentReference Last => Live[^1];

    /// <summary>
    /// Whether the segment that takes appends comes after one that took them before. No commit that was cleared left it so.
    /// </summary>
    [JsonIgnore]
    public bool FollowsAppended => Live is [.., { Immutable: false }, _];

    /// <summary>How many archives have been switched.</summary>
    public int SwitchedCount => ArchiveCount - Pending.Count;

    /// <summary>
    /// Up to which archive they may expire, as far as the manifest says: the one that the newest overview is of stays, and the one before,
    /// and so do those from which the oldest degraded one is digested again. 0: none may.
    /// </summary>
    [JsonIgnore]
    public int LastExpirable => Math.Max(0, Math.Min(Overview?.Number ?? 0, DegradedFrom ?? int.MaxValue) - 2);

    /// <summary>How many archives before this one are still to be switched: its digest must hold them too.</summary>
    public int PendingBefore(int number) => Pending.Count(p => p.Number < number);

    /// <summary>Whether a segment is not deleted yet: it is live, or a commit has consumed it and is not switched.</summary>
    public bool Keeps(string segment) => Live.Any(s => s.Name == segment) || Pending.Any(p => p.Segments.Contains(segment));

    public PendingArchive? FindPending(CommitId commitId) => Pending.FirstOrDefault(p => p.CommitId == commitId);

    /// <summary>
    /// Whether the archive of a commit is still to be covered. Once it is not, it never is again: so nothing that is done at most once
    /// for a commit needs to be remembered any longer.
    /// </summary>
    public bool IsOpen(CommitId commitId) =>
        FindPending(commitId) is not null || Uncovered.Any(u => u.CommitId == commitId);

    /// <summary>
    /// As the other overload, of a commit whose archive is digested again: that is open while the archive is the oldest one to be digested
    /// again. <see cref="DegradedFrom"/> comes to each number once.
    /// </summary>
    /// <param name="commitId">The commit.</param>
    /// <param name="again">The number of its archive; <see langword="null"/>: it is digested for the first time.</param>
    public bool IsOpen(CommitId commitId, int? again) => again is { } number ? DegradedFrom == number : IsOpen(commitId);

    public ClosedCommit? FindClosed(CommitId commitId, int attempt) =>
        Closed.FirstOrDefault(c => c.CommitId == commitId && c.Attempt == attempt);
}
