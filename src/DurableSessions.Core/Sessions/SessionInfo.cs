using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Retaining;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Sessions;

/// <summary>A session as its user sees it.</summary>
public sealed record SessionInfo
{
    /// <summary>Whose it is, and its id.</summary>
    public required SessionKey Key { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// When it last changed: by an append, as storage's clock has it (in whole seconds, and finer where the newest message was said within
    /// that second), or otherwise, by the clock of the host that changed it.
    /// </summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Live messages.</summary>
    public required int MessageCount { get; init; }

    /// <summary>Live and archived messages.</summary>
    public required long TotalMessageCount { get; init; }

    /// <summary>Commits that made an archive, those not yet switched included.</summary>
    public required int CommitCount { get; init; }

    /// <summary>
    /// Estimated tokens of the live messages that a commit like the last one would archive: all but the last
    /// <see cref="KeepRecentCount"/>, or but the turns it would keep.
    /// </summary>
    public required long PendingTokens { get; init; }

    /// <summary>When a commit last cleared messages from live.</summary>
    public DateTimeOffset? LastCommitAt { get; init; }

    /// <summary>
    /// When a commit that the session started by itself last cleared messages from live; <see langword="null"/>: none has.
    /// </summary>
    public DateTimeOffset? LastAutoCommitAt { get; init; }

    /// <summary>When the newest message was said, as its client wrote it.</summary>
    public string? LastMessageAt { get; init; }

    /// <summary>
    /// How many messages the last commit was asked to keep live; where it kept turns, it did not go by that. Commits that were started
    /// because the session was idle do not count.
    /// </summary>
    public required int KeepRecentCount { get; init; }

    /// <summary>Which turns the last commit kept live; <see langword="null"/>: it kept messages, or there was none.</summary>
    public TurnRetention? TurnRetention { get; init; }

    /// <summary>What its user set.</summary>
    public required SessionSettings Settings { get; init; }

    /// <summary>Archives whose commit has not switched yet, oldest first.</summary>
    public required IReadOnlyList<ArchiveTask> PendingArchives { get; init; }

    /// <summary>Archives without an overview, whose messages are in the context as they are, oldest first.</summary>
    public required IReadOnlyList<ArchiveTask> UncoveredArchives { get; init; }

    /// <summary>Changes of its user's memories that the session's commits made.</summary>
    public required long MemoriesExtracted { get; init; }

    /// <summary>
    /// The same by category, without those that have none. Of sessions that an earlier version began the sum may be less than
    /// <see cref="MemoriesExtracted"/>.
    /// </summary>
    public required IReadOnlyDictionary<MemoryCategory, long> MemoriesByCategory { get; init; }

    /// <summary>
    /// What models have taken and given for the session's digests. Of sessions that an earlier version began, only since then.
    /// </summary>
    public required TokenUsage Usage { get; init; }

    internal static SessionInfo Of(SessionKey key, Manifest manifest, LiveView live) => new()
    {
        Key = key,
        CreatedAt = manifest.CreatedAt,
        UpdatedAt = live.AppendedAt is { } appended && appended > manifest.UpdatedAt ? appended : manifest.UpdatedAt,
        MessageCount = live.MessageCount,
        TotalMessageCount = live.MessageCount + manifest.ArchivedMessages,
        CommitCount = manifest.ArchiveCount,
        PendingTokens = live.PendingTokens(),
        LastCommitAt = manifest.LastCommitAt,
        LastAutoCommitAt = manifest.LastAutoCommitAt,
        LastMessageAt = live.LastMessageAt,
        KeepRecentCount = manifest.KeepRecentCount,
        TurnRetention = manifest.TurnRetention,
        Settings = manifest.Settings,
        MemoriesExtracted = manifest.MemoriesExtracted,
        MemoriesByCategory = manifest.MemoriesByCategory,
        Usage = manifest.Usage,
        PendingArchives = [.. manifest.Pending.Select(static p => new ArchiveTask(p.Number, p.CommitId.Value))],
        UncoveredArchives = [.. manifest.Uncovered.Select(static u => new ArchiveTask(u.Number, u.CommitId.Value))],
    };
}
