using System.ComponentModel.DataAnnotations;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>Bounds and times of the session store.</summary>
public sealed record SessionOptions
{
    /// <summary>How long an idempotency key is honoured at least: up to 30 days, 24 hours unless set.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan IdempotencyWindow { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long a message that comes again without a key, without a name and the same in every byte is taken for a repetition; nothing
    /// unless set, <see cref="IdempotencyWindow"/> at most. See <c>Repetitions</c>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan RepetitionWindow { get; set; }

    /// <summary>
    /// Blocks after which appends go on in a new segment, 1 to 50,000: Azure Storage takes no more in one append blob.
    /// </summary>
    [Range(1, 50_000)]
    public int BlocksPerSegment { get; set; } = 10_000;

    /// <summary>
    /// Commits of one session that may wait for their semantic step, at least 1; one more is refused until one has ended.
    /// </summary>
    [Range(1, int.MaxValue)]
    public int MaxPendingCommits { get; set; } = 100;

    /// <summary>
    /// Archives without an overview after which the built-in digest stands in for one that keeps failing, under any policy. At least 1.
    /// </summary>
    [Range(1, int.MaxValue)]
    public int MaxUncoveredArchives { get; set; } = 256;

    /// <summary>Bytes of messages of one session that may wait in memory to be appended; more is refused until some are written.</summary>
    [Range(1, int.MaxValue)]
    public int MaxQueuedBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// Bytes of manifests, segments, digests, keys and other things of storage that a host remembers, as estimated: at least 1 MiB. Above
    /// it, what was used least is forgotten, and read again when it is needed.
    /// </summary>
    [Range(1024 * 1024, int.MaxValue)]
    public int MaxCacheBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>How long a deleted session's tombstone stays, so that nothing late can bring it back.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan TombstoneRetention { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long the instance of an orchestration that has ended is kept: 1 to 3,650 days, 30 unless set; zero: for ever. A commit's task is
    /// answered by its id after that too, and is listed no more.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan TaskRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// After how long without a message, a commit or a change a session is deleted, with all of its messages, archives and tasks: 1 to
    /// 36,500 days; zero, unless set: never. The memories of its user stay. A session that is only read is not used.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan SessionRetention { get; set; }

    /// <summary>
    /// After how long an archive of a session that lives on loses its messages, digests and memory diff: 2 to 36,500 days from its switch,
    /// and a day more than <see cref="IdempotencyWindow"/> at least; zero, unless set: never. The record of its commit, all counts, and the
    /// memories of its user stay; so do the archive of the newest overview, the one before, and what a digest of the newest, or of one that
    /// is still degraded, is made from.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan ArchiveRetention { get; set; }

    /// <summary>
    /// The policy that a session starts with where its user says nothing of one; <see langword="null"/>: none. The session keeps it, so
    /// that a change of this option changes no session there is.
    /// </summary>
    public AutoCommitPolicy? DefaultAutoCommitPolicy { get; set; }

    /// <summary>The least <see cref="ArchiveRetention"/>, unless that is zero: repetitions are looked for in archives.</summary>
    internal TimeSpan LeastArchiveRetention
    {
        get
        {
            TimeSpan withKeys = IdempotencyWindow + TimeSpan.FromDays(1);
            return withKeys > ShortestArchiveRetention ? withKeys : ShortestArchiveRetention;
        }
    }

    private static TimeSpan ShortestArchiveRetention => TimeSpan.FromDays(2);

    /// <summary>The settings of a session of which its user has said nothing.</summary>
    internal SessionSettings InitialSettings => new() { AutoCommitPolicy = DefaultAutoCommitPolicy };

    /// <summary>What one account may use; nothing is bounded unless set.</summary>
    [ValidateObjectMembers]
    public QuotaSettings Quotas { get; set; } = new();

    /// <summary>Where the ends of commits are reported; nowhere unless set.</summary>
    [ValidateObjectMembers]
    public WebhookSettings Webhooks { get; set; } = new();

    /// <summary>How the semantic step of a commit is tried; a commit keeps what held when it was accepted.</summary>
    [ValidateObjectMembers]
    public SemanticPolicy Semantic { get; set; } = new();
}
