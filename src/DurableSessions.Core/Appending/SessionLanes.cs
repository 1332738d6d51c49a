using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.State;
using Microsoft.Extensions.Caching.Memory;

namespace DurableSessions.Core.Appending;

/// <summary>
/// The lanes of this host, the least used given up first. A session may have two lanes for a moment, as it may have one on
/// each of several hosts: that costs a conflict, never a message.
/// </summary>
internal sealed class SessionLanes(
    ManifestStore manifests, SegmentStore segments, SegmentRoller roller, LiveViews views, KeyedMessageLoader loader,
    SessionCreator creator, HostCache memory, SessionOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();

    /// <summary>The lane of a session.</summary>
    public SessionLane For(SessionKey key)
    {
        if (memory.TryGetValue(("lane", key), out SessionLane? lane))
        {
            return lane!;
        }

        lock (_lock)
        {
            return memory.GetOrCreate(
                ("lane", key),
                entry =>
                {
                    entry.Size = 1;
                    entry.SlidingExpiration = TimeSpan.FromMinutes(30);
                    return new SessionLane(key, manifests, segments, roller, views, loader, creator, options, time);
                })!;
        }
    }
}
