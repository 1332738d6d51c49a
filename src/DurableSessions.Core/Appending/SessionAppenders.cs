using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.State;
using Microsoft.Extensions.Caching.Memory;

namespace DurableSessions.Core.Appending;

/// <summary>
/// The appenders of this host, the least used given up first. A session may have two appenders for a moment, as it may have one on
/// each of several hosts: that costs a conflict, never a message.
/// </summary>
internal sealed class SessionAppenders(
    ManifestStore manifests, SegmentStore segments, SegmentRoller roller, LiveViews views, KeyedMessageLoader loader,
    SessionCreator creator, AccountUsages usages, HostCache memory, SessionOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();

    /// <summary>The appender of a session.</summary>
    public SessionAppender For(SessionKey key)
    {
        if (memory.TryGetValue(("appender", key), out SessionAppender? appender))
        {
            return appender!;
        }

        lock (_lock)
        {
            return memory.GetOrCreate(
                ("appender", key),
                entry =>
                {
                    entry.Size = 1;
                    entry.SlidingExpiration = TimeSpan.FromMinutes(30);
                    return new SessionAppender(key, manifests, segments, roller, views, loader, creator, usages, options, time);
                })!;
        }
    }
}
