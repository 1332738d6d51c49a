namespace DurableSessions.Testing;

/// <summary>The clock of a machine that is wrong.</summary>
/// <param name="time">The right one.</param>
/// <param name="ahead">By how much it is ahead; negative: behind.</param>
public sealed class SkewedTime(TimeProvider time, TimeSpan ahead) : TimeProvider
{
    /// <inheritdoc/>
    public override long TimestampFrequency => time.TimestampFrequency;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + ahead;

    /// <inheritdoc/>
    public override long GetTimestamp() => time.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(callback, state, dueTime, period);
}
