namespace DurableSessions.Engine.Hosts;

/// <summary>Another host, as this one has seen it.</summary>
/// <param name="Sign">What it says.</param>
/// <param name="Since">The timestamp of the answer that first had this ETag.</param>
/// <param name="StartSeen">The timestamp of the answer that first had this start.</param>
/// <param name="Threshold">It is dead once it has said nothing for so long.</param>
/// <param name="Died">The timestamp at which it was first taken for dead; <see langword="null"/>: it lives.</param>
internal sealed record KnownHost(LivenessSign Sign, long Since, long StartSeen, TimeSpan Threshold, long? Died)
{
    // Two times in whole seconds are up to a second less, or more, apart than what they stand for; one second more is for storage.
    private static readonly TimeSpan s_dateTolerance = TimeSpan.FromSeconds(2);

    /// <summary>The host after one more listing.</summary>
    /// <param name="before">The host as it was seen before; <see langword="null"/>: it was not.</param>
    /// <param name="sign">What it says.</param>
    /// <param name="listing">The listing.</param>
    /// <param name="ownership">That of the observer: with a shorter one of its own a host is not dead sooner.</param>
    /// <param name="time">The clock of the observer; only its timestamps count.</param>
    public static KnownHost After(KnownHost? before, LivenessSign sign, LivenessListing listing, TimeSpan ownership, TimeProvider time)
    {
        TimeSpan threshold = sign.Ownership > ownership ? sign.Ownership : ownership;
        KnownHost? unchanged = before?.Sign.ETag == sign.ETag ? before : null;
        bool isDead = unchanged?.Died is not null
            || (unchanged is not null && time.GetElapsedTime(unchanged.Since, listing.Sent) >= threshold)
            || listing.Date - sign.LastModified >= threshold + s_dateTolerance;
        return new KnownHost(
            sign,
            unchanged?.Since ?? listing.Received,
            before?.Sign.Host == sign.Host ? before.StartSeen : listing.Received,
            threshold,
            isDead ? unchanged?.Died ?? listing.Received : null);
    }

    /// <summary>How long after a listing it is dead, where it says nothing more.</summary>
    public TimeSpan DiesAfter(LivenessListing listing, TimeProvider time)
    {
        TimeSpan bySight = Threshold - time.GetElapsedTime(Since, listing.Received);
        TimeSpan byDate = Sign.LastModified + Threshold + s_dateTolerance - listing.Date;
        return bySight < byDate ? bySight : byDate;
    }

    /// <summary>The death of a start of this host; <see langword="null"/>: it lives, or is not known.</summary>
    public HostDeath? DeathOf(OwnerHost host) =>
        Sign.Host == host ? Died is { } died ? new HostDeath(died, Threshold, Successor: null) : null
        : host.Start < Sign.Host.Start ? new HostDeath(StartSeen, Threshold, Died is null ? host.Name : null)
        : null;
}
