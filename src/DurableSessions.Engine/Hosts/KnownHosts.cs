using System.IO.Hashing;
using System.Text;

namespace DurableSessions.Engine.Hosts;

/// <summary>
/// Which other hosts live, and whose turn it is to claim what a dead one had. It decides when a host tries, and never whether that is safe.
/// </summary>
/// <remarks>
/// A host is dead where its blob has not changed for its ownership, by the timestamps of this host; where one listing says so, by storage's
/// clock alone; and where a later start of its name has written the blob. So a clock that is wrong makes no host dead, and none live
/// longer.
/// </remarks>
/// <param name="identity">As whom this host claims.</param>
/// <param name="ownership">That of this host: one with a shorter ownership is not dead sooner.</param>
/// <param name="turn">How long each host has before the next one may try as well.</param>
/// <param name="time">The clock of this host; only its timestamps count.</param>
internal sealed class KnownHosts(HostIdentity identity, TimeSpan ownership, TimeSpan turn, TimeProvider time)
{
    private volatile Dictionary<string, KnownHost> _hosts = [];

    /// <summary>Takes what a listing shows, and forgets what it does not. Called by one thread at a time.</summary>
    /// <returns>
    /// Whether a host has come, has started again or is dead: what is to be done about its instances is another thing now.
    /// </returns>
    public bool Take(LivenessListing listing)
    {
        Dictionary<string, KnownHost> before = _hosts;
        var after = new Dictionary<string, KnownHost>(StringComparer.Ordinal);
        OwnerHost self = identity.Current;
        bool isNews = false;
        foreach (LivenessSign sign in listing.Signs.Where(s => s.Host != self))
        {
            KnownHost? known = before.GetValueOrDefault(sign.Host.Name);
            KnownHost host = KnownHost.After(known, sign, listing, ownership, time);
            after.Add(sign.Host.Name, host);
            isNews |= known?.Sign.Host != sign.Host || (host.Died is not null && known.Died is null);
        }

        _hosts = after;
        return isNews;
    }

    /// <summary>How long after a listing the first host is dead, where it says nothing more; <see langword="null"/>: none lives.</summary>
    public TimeSpan? FirstDeathAfter(LivenessListing listing) => _hosts.Values
        .Where(static h => h.Died is null)
        .Select(h => (TimeSpan?)h.DiesAfter(listing, time))
        .Min();

    /// <summary>Whether a host is known to live.</summary>
    public bool Lives(OwnerHost host) =>
        _hosts.TryGetValue(host.Name, out KnownHost? known) && known.Sign.Host == host && known.Died is null;

    /// <summary>The death of a host; <see langword="null"/>: it lives, or says nothing, as one of an earlier version.</summary>
    public HostDeath? FindDeath(OwnerHost host) => _hosts.GetValueOrDefault(host.Name)?.DeathOf(host);

    /// <summary>
    /// How long it is until this host's turn to claim an instance of a dead one; not more than zero: it has come. Of the hosts that live
    /// the first is the one with the greatest hash of its name and the instance's id (D. Thaler and C. Ravishankar, "Using name-based
    /// mappings to increase hit rates", 1998), so each instance has its own order, and peers of a dead host do not race.
    /// </summary>
    public TimeSpan TurnIn(HostDeath death, string instanceId)
    {
        ulong own = Weight(instanceId, identity.Current.Name);
        int before = _hosts.Count(h => h.Value.Died is null && h.Key != death.Successor && Weight(instanceId, h.Key) > own);
        return (before + (death.Successor is null ? 0 : 1)) * turn - time.GetElapsedTime(death.Seen);
    }

    private static ulong Weight(string instanceId, string host) => XxHash64.HashToUInt64(Encoding.UTF8.GetBytes($"{instanceId}/{host}"));
}
