using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Recall;

/// <summary>
/// The logs of a user's live messages, indexed in memory: as storage lists them, so that what any host has appended is there. What a host
/// has indexed it keeps for a while, and reads only what was appended since.
/// </summary>
/// <remarks>
/// A log that is listed may not be live: a commit may have archived it, or have staged it and never cleared. The manifest of its session
/// decides, read afterwards.
/// </remarks>
internal sealed class LiveLogs(SessionStorage storage, HostCache memory, ILogger<LiveLogs> logger)
{
    /// <summary>The sessions whose logs are searched at most: those that were written to last.</summary>
    public const int MaxSessions = 64;

    /// <summary>The bytes of logs that are searched at most, the newest first.</summary>
    public const long MaxBytes = 16 * 1024 * 1024;

    /// <summary>The blobs that are listed at most.</summary>
    public const int MaxListed = 50_000;

    private const int MaxRestarts = 8;
    private const int ReadAtOnce = 16;
    private const int BlobsOfPage = 5_000;

    private static readonly TimeSpan s_unused = TimeSpan.FromMinutes(30);

    /// <summary>What the user's logs hold now.</summary>
    public async Task<IReadOnlyList<LogChunk>> OpenAsync(UserKey user, CancellationToken cancellationToken)
    {
        for (int restart = 0; ; restart++)
        {
            var chunks = new List<LogChunk>();
            bool isOneGone = false;
            foreach (Log[] some in (await ListAsync(user, cancellationToken)).Chunk(ReadAtOnce))
            {
                foreach (IReadOnlyList<LogChunk>? read in await Task.WhenAll(some.Select(l => FindAsync(user, l, cancellationToken))))
                {
                    chunks.AddRange(read ?? []);
                    isOneGone |= read is null;
                }
            }

            // What it held may be in a log that was not there yet: what a commit keeps live.
            if (!isOneGone || restart == MaxRestarts)
            {
                return chunks;
            }
        }
    }

    // A listing has the blobs of a session beside each other.
    private async Task<List<Log>> ListAsync(UserKey user, CancellationToken cancellationToken)
    {
        var newest = new PriorityQueue<List<Log>, DateTimeOffset>();
        var session = new List<Log>();
        int listed = 0;
        bool isMore = false;
        await foreach (Page<BlobItem> page in storage.Container
            .GetBlobsAsync(new GetBlobsOptions { Prefix = BlobNames.SegmentsOfUser(user) }, cancellationToken)
            .AsPages(pageSizeHint: BlobsOfPage))
        {
            foreach (BlobItem blob in page.Values)
            {
                if (blob.Properties.ContentLength > 0 && BlobNames.FindIncarnation(blob.Name) is (var key, var incarnation))
                {
                    if (session is [var first, ..] && first.Session != key)
                    {
                        EndSession();
                    }

                    session.Add(new Log(
                        key, incarnation, blob.Name, blob.Properties.ContentLength.Value, blob.Properties.LastModified!.Value));
                }
            }

            listed += page.Values.Count;
            if (listed >= MaxListed && page.ContinuationToken is { Length: > 0 })
            {
                isMore = true;
                break;
            }
        }

        EndSession();
        long left = MaxBytes;
        var logs = new List<Log>();
        foreach (Log log in newest.UnorderedItems.SelectMany(static s => s.Element).OrderByDescending(static l => l.WrittenAt))
        {
            long bytes = Math.Min(log.Length, LogIndex.MaxBytes);
            isMore |= bytes > left || log.Length > LogIndex.MaxBytes;
            if (bytes <= left)
            {
                left -= bytes;
                logs.Add(log);
            }
        }

        if (isMore)
        {
            logger.LiveMessagesLeftOut(user, MaxSessions, MaxBytes);
        }

        return logs;

        void EndSession()
        {
            if (session.Count > 0)
            {
                newest.Enqueue(session, session.Max(static l => l.WrittenAt));
                session = [];
                if (newest.Count > MaxSessions)
                {
                    newest.Dequeue();
                    isMore = true;
                }
            }
        }
    }

    // Null: it is gone.
    private async Task<IReadOnlyList<LogChunk>?> FindAsync(UserKey user, Log log, CancellationToken cancellationToken)
    {
        var remembered = ("log", log.Name);
        LogIndex index = memory.GetOrCreateOnce(
            remembered, s_unused, bytes: 0, () => new LogIndex(log.Session, log.Incarnation, log.Name));
        await index.Gate.WaitAsync(cancellationToken);
        try
        {
            try
            {
                await index.ReadAsync(storage.Container, log.Length, cancellationToken);
            }
            catch (FormatException e)
            {
                logger.LiveMessageUnreadable(e, user, log.Name);
            }

            return index.Chunks;
        }
        catch (BlobGoneException)
        {
            return null;
        }
        finally
        {
            long bytes = index.Bytes;
            index.Gate.Release();
            memory.Resize(remembered, index, s_unused, bytes);
        }
    }

    private sealed record Log(SessionKey Session, string Incarnation, string Name, long Length, DateTimeOffset WrittenAt);
}
