using System.Globalization;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Context;

/// <summary>
/// Stands in for the overview that is being made: the processor that needs no model joins the archives without an overview to the last good
/// one. A client that reads nothing but the overview, at once after a commit, finds what was said.
/// </summary>
/// <remarks>
/// It is of this host's memory, and never stored: no digest builds on it. It is made of the messages that a context reads anyway, in the
/// same pass, and then known for that set of archives. Where that fails, the session is read without one for a minute.
/// </remarks>
internal sealed class ProvisionalOverview(
    SemanticProcessors processors, HostCache memory, TimeProvider time, ILogger<ProvisionalOverview> logger)
{
    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan NextTry = TimeSpan.FromMinutes(1);

    /// <summary>The overview, where it was made before; <see langword="null"/> where it was not.</summary>
    /// <param name="key">The session.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="open">Its archives without an overview, in order.</param>
    public string? Find(SessionKey key, Manifest manifest, IReadOnlyList<ArchiveReference> open) =>
        memory.Get<string>(Name(key, manifest, open));

    /// <summary>
    /// Begins to make it: its reader adds the messages of those archives in order, and ends it. <see langword="null"/> where there are no
    /// archives, and for a minute after it failed for this session.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="open">Its archives without an overview, in order.</param>
    /// <param name="before">The overview of those before them; empty where there is none.</param>
    public ProvisionalReading? Begin(SessionKey key, Manifest manifest, IReadOnlyList<ArchiveReference> open, string before)
    {
        var pause = (nameof(NextTry), key, manifest.Incarnation);
        if (open.Count == 0 || (memory.TryGetValue(pause, out long failedAt) && time.GetElapsedTime(failedAt) < NextTry))
        {
            return null;
        }

        return new ProvisionalReading(
            processors.Fallback,
            before.Length == 0 ? null : before,
            time,
            made: overview => memory.Set(
                Name(key, manifest, open),
                Mark(overview, open.Count),
                HostCache.Sized(HostCache.BytesOf(overview), Unused)),
            failed: failure =>
            {
                logger.ProvisionalOverviewNotMade(failure, key);
                memory.Set(
                    pause, time.GetTimestamp(), HostCache.Small(NextTry));
            });
    }

    private static object Name(SessionKey key, Manifest manifest, IReadOnlyList<ArchiveReference> open)
    {
        string archives = string.Join(',', open.Select(static a => $"{a.CommitId}/{a.Attempt}"));
        return (nameof(ProvisionalOverview), key, manifest.Incarnation, manifest.Overview?.Blob, archives);
    }

    // Models see the overview alone, without the fields beside it.
    private static string Mark(string overview, int count) => string.Create(
        CultureInfo.InvariantCulture,
        $"> Provisional: {count} {(count == 1 ? "archive is" : "archives are")} not digested yet; this is an excerpt.\n\n{overview}");
}
