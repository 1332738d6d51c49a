namespace DurableSessions.Core.State;

/// <summary>
/// When a session commits by itself. Every value is clamped to 0 … its maximum; 0 turns a threshold off. Thresholds are looked
/// at after every append.
/// </summary>
public sealed record AutoCommitPolicy
{
    /// <summary>The largest <see cref="PendingTokenThreshold"/>.</summary>
    public const int MaxPendingTokenThreshold = 1_000_000;

    /// <summary>The largest <see cref="MessageCountThreshold"/>.</summary>
    public const int MaxMessageCountThreshold = 1_000;

    /// <summary>The largest <see cref="IdleTimeoutSeconds"/> and <see cref="MinCommitIntervalSeconds"/>: a week.</summary>
    public const int MaxSeconds = 604_800;

    /// <summary>The largest <see cref="KeepRecentCount"/>.</summary>
    public const int MaxKeepRecentCount = 1_000;

    /// <summary>Commits when the pending tokens are more than this.</summary>
    public int PendingTokenThreshold { get; init => field = Math.Clamp(value, 0, MaxPendingTokenThreshold); } = 150_000;

    /// <summary>Commits when the live messages are more than this.</summary>
    public int MessageCountThreshold { get; init => field = Math.Clamp(value, 0, MaxMessageCountThreshold); } = 100;

    /// <summary>Commits everything, <see cref="KeepRecentCount"/> or not, when nothing was appended for so long.</summary>
    public int IdleTimeoutSeconds { get; init => field = Math.Clamp(value, 0, MaxSeconds); } = 86_400;

    /// <summary>How many of the newest messages a commit over a threshold keeps live.</summary>
    public int KeepRecentCount { get; init => field = Math.Clamp(value, 0, MaxKeepRecentCount); }

    /// <summary>
    /// How long after a commit that the session started by itself neither a threshold nor an idle timeout starts another one. Commits that
    /// a client asks for neither wait nor count.
    /// </summary>
    public int MinCommitIntervalSeconds { get; init => field = Math.Clamp(value, 0, MaxSeconds); }

    // What would be kept live anyway cannot exceed a threshold: every further message would be a commit of its own.
    private int EffectiveMessageCount =>
        KeepRecentCount < MessageCountThreshold ? MessageCountThreshold : MessageCountThreshold + KeepRecentCount;

    /// <summary>Whether so many live messages with so many pending tokens are to be committed now.</summary>
    internal bool IsExceeded(int messages, long pendingTokens, DateTimeOffset? lastAutoCommitAt, DateTimeOffset now) =>
        messages > KeepRecentCount
        && ((MessageCountThreshold > 0 && messages > EffectiveMessageCount)
            || (PendingTokenThreshold > 0 && pendingTokens > PendingTokenThreshold))
        && (lastAutoCommitAt is null || now - lastAutoCommitAt >= TimeSpan.FromSeconds(MinCommitIntervalSeconds));

    /// <summary>When a session is to be committed to which nothing is appended any more.</summary>
    internal DateTimeOffset IdleAt(DateTimeOffset lastAppendAt, DateTimeOffset? lastAutoCommitAt)
    {
        DateTimeOffset idleAt = lastAppendAt + TimeSpan.FromSeconds(IdleTimeoutSeconds);
        return lastAutoCommitAt + TimeSpan.FromSeconds(MinCommitIntervalSeconds) is { } allowedAt && allowedAt > idleAt
            ? allowedAt
            : idleAt;
    }
}
