namespace DurableSessions.Orchestration;

/// <summary>
/// A durable retry policy: the waits between attempts are durable timers. Attempt n (from 1) that fails is followed, after
/// <c>min(FirstRetryInterval · BackoffCoefficient^(n-1), MaxRetryInterval)</c>, by attempt n+1 (the rule of Durable Task).
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>Creates a policy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of the bounds stated at its property.</exception>
    public RetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1.0,
        TimeSpan? maxRetryInterval = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backoffCoefficient, 1.0);
        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval ?? TimeSpan.FromHours(1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRetryInterval, firstRetryInterval, nameof(maxRetryInterval));
    }

    /// <summary>How many attempts in all, the first included; at least 1.</summary>
    public int MaxNumberOfAttempts { get; }

    /// <summary>The wait after the first attempt; above zero.</summary>
    public TimeSpan FirstRetryInterval { get; }

    /// <summary>The factor from one wait to the next; at least 1.</summary>
    public double BackoffCoefficient { get; }

    /// <summary>The longest wait; at least <see cref="FirstRetryInterval"/>, by default one hour.</summary>
    public TimeSpan MaxRetryInterval { get; }

    /// <summary>The wait after attempt <paramref name="attempt"/> (from 1) has failed.</summary>
    public TimeSpan DelayAfter(int attempt)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        double ticks = FirstRetryInterval.Ticks * Math.Pow(BackoffCoefficient, attempt - 1);
        return ticks >= MaxRetryInterval.Ticks ? MaxRetryInterval : TimeSpan.FromTicks((long)ticks);
    }
}
