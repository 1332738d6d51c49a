using System.Globalization;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Context;

/// <summary>
/// Stands in for the overview that is being made: the processor that needs no model joins the archives without an overview to the last good
/// one. A client that reads nothing but the overview, at once after a commit, finds what was said.
/// </summary>
/// <remarks>
/// It is of this host's memory, and never stored: no digest builds on it. It is made once for a set of archives, at the first reading.
/// </remarks>
internal sealed class ProvisionalOverview(
    ArchiveStore archives, SemanticProcessors processors, HostCache memory, TimeProvider time, ILogger<ProvisionalOverview> logger)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan NextTry = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The overview of everything that was archived. <see langword="null"/> where the processor fails, or takes longer than 5 s: that is
    /// logged, the context is read without it, and for a minute it is not tried again.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="open">Its archives without an overview, in order; one at least.</param>
    /// <param name="before">The overview of those before them; empty where there is none.</param>
    /// <param name="read">Counts what is read for it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BlobGoneException">The session was switched meanwhile.</exception>
    public async Task<string?> FindAsync(
        SessionKey key, Manifest manifest, IReadOnlyList<ArchiveReference> open, string before, ReadCounter read,
        CancellationToken cancellationToken)
    {
        string archivesNow = string.Join(',', open.Select(static a => $"{a.CommitId}/{a.Attempt}"));
        var name = (nameof(ProvisionalOverview), key, manifest.Incarnation, manifest.Overview?.Blob, archivesNow);
        if (memory.TryGetValue(name, out string? known))
        {
            return known!.Length == 0 ? null : known;
        }

        await read.AddBlobsAsync(open.Count);
        using var timeout = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        bool isReading = false;
        string overview;
        try
        {
            var request = new SemanticRequest(before.Length == 0 ? null : before, ReadAsync());
            SemanticDigest digest = await processors.Fallback.DigestAsync(request, either.Token);
            overview = Mark(digest.Overview, open.Count);
        }
        catch (Exception e) when ((!isReading || timeout.IsCancellationRequested) && !cancellationToken.IsCancellationRequested)
        {
            logger.ProvisionalOverviewNotMade(e, key);
            memory.Set(name, "", new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = NextTry });
            return null;
        }

        return memory.Set(name, overview, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = Unused });

        // What fails here ends the reading: storage, or the client's bounds.
        async IAsyncEnumerable<SessionMessage> ReadAsync()
        {
            isReading = true;
            foreach (ArchiveReference archive in open)
            {
                var commit = new CommitAttempt(key, manifest.Incarnation, archive.CommitId, archive.Attempt);
                await foreach (SessionMessage message in archives.ReadMessagesAsync(commit, either.Token))
                {
                    await read.AddAsync(message.Line.Length);
                    isReading = false;
                    yield return message;
                    isReading = true;
                }
            }

            isReading = false;
        }
    }

    // Models see the overview alone, without the fields beside it.
    private static string Mark(string overview, int count) => string.Create(
        CultureInfo.InvariantCulture,
        $"> Provisional: {count} {(count == 1 ? "archive is" : "archives are")} not digested yet; this is an excerpt.\n\n{overview}");
}
