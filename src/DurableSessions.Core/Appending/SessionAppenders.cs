using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Appending;

/// <summary>
/// The appenders of this host, the least used given up first. A session may have two appenders for a moment, as it may have one on
/// each of several hosts: that costs a conflict, never a message.
/// </summary>
internal sealed class SessionAppenders(
    ManifestStore manifests, SegmentStore segments, SegmentRoller roller, LiveViews views, KeyedMessageLoader loader,
    SessionCreator creator, AccountUsages usages, HostCache memory, SessionOptions options, TimeProvider time)
{
    private static readonly TimeSpan s_unused = TimeSpan.FromMinutes(30);

    // One that knows nothing yet.
    private const int FirstBytes = 4096;

    /// <summary>The appender of a session.</summary>
    public SessionAppender For(SessionKey key)
    {
        var remembered = ("appender", key);
        return memory.GetOrCreateOnce(remembered, s_unused, FirstBytes, () =>
        {
            var session = new CachedSession(key, manifests, views, loader, options.RepetitionWindow);
            var size = new ReportedSize(FirstBytes, (appender, bytes) => memory.Resize(remembered, appender, s_unused, bytes));
            return new SessionAppender(key, session, size, manifests, segments, roller, views, loader, creator, usages, options, time);
        });
    }
}
