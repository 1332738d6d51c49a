using System.Text.RegularExpressions;

namespace DurableSessions.Engine;

/// <summary>How a host runs instances.</summary>
public sealed record EngineOptions
{
    /// <summary>What <see cref="HostName"/> may be, as a regular expression. It is a part of owners and of a blob's name.</summary>
    public const string HostNamePattern = @"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z";

    /// <summary>
    /// After how long without a sign that it lives other hosts claim what a host had; it says so, once for all its instances, after a third
    /// of this time. It decides when an instance whose host has died goes on, and never whether that is safe. More than zero; below three
    /// seconds an answer that takes a second may cost the owner its instance. 15 s: a host that is slow for some seconds keeps its
    /// instances, and one that has died does not keep them long.
    /// </summary>
    public TimeSpan Ownership { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The name of this host, which it takes once all its services have started (<c>IHostedLifecycleService</c>): a letter or digit, and up
    /// to 62 letters, digits, dots, hyphens and underscores. A host that is started again under its name claims at once what it owned
    /// before; a host of that name that still runs goes on under another, which is drawn.
    /// <see langword="null"/>, the default: a name is drawn at each start, and what a host owned when it died goes on after
    /// <see cref="Ownership"/>.
    /// </summary>
    public string? HostName { get; set; }

    /// <summary>
    /// How often a host lists the active instances, to find those that another host has given back, or had when it died. More
    /// than zero. 30 s: a listing is one request for 5,000 active instances. No more than two are sent at a time: where more instances are
    /// active, most of which wait for a far timer, the next listing goes on behind the last.
    /// </summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many calls of one activity run at a time on this host, unless <see cref="MaxConcurrentActivitiesByName"/> has its
    /// name. At least 1.
    /// </summary>
    public int MaxConcurrentActivities { get; set; } = 16;

    /// <summary>How many calls of single activities run at a time on this host, by their names. Each at least 1.</summary>
    public IReadOnlyDictionary<string, int> MaxConcurrentActivitiesByName { get; set; } = new Dictionary<string, int>();

    /// <summary>
    /// How many instances this host runs at a time, at least 1. A client can schedule more: they run as others end or wait.
    /// </summary>
    public int MaxLoadedInstances { get; set; } = 1_000;

    /// <summary>
    /// For how long a clean stop lets activities that run go on to their end, before it cancels them; zero or more. 10 s: what has been
    /// paid for, as an answer of a model, is mostly not paid for again.
    /// </summary>
    public TimeSpan ActivityStopTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a clean stop may take, once activities have had their time, to give back the instances of this host; more than zero. An
    /// instance that is not given back in time goes on once its ownership has lapsed.
    /// </summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The instances of one request of a listing, 1 to 5,000.</summary>
    internal int ListingPage { get; set; } = 5_000;

    /// <summary>
    /// After this time without an answer a host sends a write again: early enough that an owner can do so before it loses its
    /// instance, and at least a second, so that a slow answer does not count as a lost one.
    /// </summary>
    internal TimeSpan RequestTimeout => RenewalInterval > ShortestRequestTimeout ? RenewalInterval : ShortestRequestTimeout;

    /// <summary>This host takes its own clock for right, whatever storage's says. For tests of what a wrong clock must not do.</summary>
    internal bool TrustsOwnClock { get; init; }

    /// <summary>
    /// After this time a host says again that it lives, or an owner renews its ownership; two thirds of the ownership are then left to
    /// repeat the request.
    /// </summary>
    internal TimeSpan RenewalInterval => Ownership / 3;

    /// <summary>See <see cref="CoveredOwnership"/>.</summary>
    internal const int CoveredOwnerships = 20;

    /// <summary>
    /// How long an instance is its owner's while other hosts know that the owner's host lives, and where they cannot know whether it does:
    /// the last resort, and what a host of an earlier version goes by.
    /// </summary>
    internal TimeSpan CoveredOwnership => CoveredOwnerships * Ownership;

    private static readonly TimeSpan ShortestRequestTimeout = TimeSpan.FromSeconds(1);

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its bounds; the message names it.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Ownership, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SweepInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(ActivityStopTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(StopTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxConcurrentActivities);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxLoadedInstances);
        if (HostName is not null && !Regex.IsMatch(HostName, HostNamePattern))
        {
            throw new ArgumentOutOfRangeException(nameof(HostName), HostName, $"It does not match {HostNamePattern}.");
        }

        foreach ((string activity, int places) in MaxConcurrentActivitiesByName)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(places, $"{nameof(MaxConcurrentActivitiesByName)}[{activity}]");
        }
    }
}
