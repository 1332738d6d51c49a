namespace DurableSessions.Engine;

/// <summary>How a host runs instances.</summary>
public sealed record EngineOptions
{
    /// <summary>
    /// For how long a claim keeps other hosts away; renewed at a third of it while something runs. It decides when an
    /// instance whose host has died goes on, and never whether that is safe.
    /// </summary>
    public TimeSpan Ownership { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the active instances are listed: for those that other hosts have given up or died over.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many calls of one activity run at a time on this host, unless <see cref="MaxConcurrentActivitiesByName"/> says otherwise.</summary>
    public int MaxConcurrentActivities { get; init; } = 16;

    /// <summary>The same for single activities, by name.</summary>
    public IReadOnlyDictionary<string, int> MaxConcurrentActivitiesByName { get; init; } = new Dictionary<string, int>();

    /// <summary>How many instances this host runs at a time. More are accepted, and run as others end or wait.</summary>
    public int MaxLoadedInstances { get; init; } = 1_000;

    /// <summary>How long a clean stop may take to give back what this host runs.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// After which a write that has no answer is sent again: early enough that an owner can do so before it loses its
    /// instance, and not so early that a slow answer is taken for none.
    /// </summary>
    internal TimeSpan RequestTimeout => RenewalInterval > ShortestRequestTimeout ? RenewalInterval : ShortestRequestTimeout;

    /// <summary>How often an owner writes that it is still there.</summary>
    internal TimeSpan RenewalInterval => Ownership / 3;

    private static readonly TimeSpan ShortestRequestTimeout = TimeSpan.FromSeconds(1);

    /// <exception cref="ArgumentOutOfRangeException">Something is not positive; the message names it.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Ownership, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SweepInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(StopTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxConcurrentActivities);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxLoadedInstances);
        foreach ((string activity, int places) in MaxConcurrentActivitiesByName)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(places, $"{nameof(MaxConcurrentActivitiesByName)}[{activity}]");
        }
    }
}
