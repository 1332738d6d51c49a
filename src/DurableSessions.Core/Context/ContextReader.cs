using DurableSessions.Core.Archives;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Context;

/// <summary>
/// Reads a session's context as of one manifest: a message is in it at every moment of its commit. Where a blob that the
/// manifest names has gone, the session was switched meanwhile, and the reading starts again.
/// </summary>
internal sealed class ContextReader(
    ManifestStore manifests, LiveLog live, ArchiveStore archives, ProvisionalOverview provisional, MemorySelector memories,
    ArchivedReader archived, ArchiveBlocks blocks, TimeProvider time)
{
    private const int MaxRestarts = 20;

    /// <summary>Messages leave room for an overview that is provisional, up to this share of the budget.</summary>
    private const int ProvisionalShare = 4;

    /// <summary>
    /// Without a question, what is archived leaves the rest of the budget, so that a client that has just committed to make room has it.
    /// </summary>
    private const int ArchivedShare = 2;

    /// <summary>Abstracts leave the rest of the budget to messages.</summary>
    private const int AbstractShare = 8;

    /// <summary>Blocks of archives that are read at most.</summary>
    private const int MaxBlocks = 32;

    public async Task<SessionContext> ReadAsync(
        SessionKey key, long tokenBudget, string? query, MemoryView? memoriesOf, HoldBytes? hold, ReadBytes? read,
        CancellationToken cancellationToken)
    {
        for (int attempt = 1; attempt <= MaxRestarts; attempt++)
        {
            StoredManifest? stored = await manifests.LoadAsync(key, cancellationToken);
            if (stored is null || stored.Manifest.DeletedAt is not null)
            {
                throw new SessionNotFoundException(key);
            }

            try
            {
                return await ReadAsync(key, stored, tokenBudget, query, memoriesOf, hold, read, cancellationToken);
            }
            catch (BlobGoneException)
            {
                await Backoff.WaitAsync(attempt, time, cancellationToken);
            }
        }

        throw new ContentionException($"Session '{key.Id}' was switched {MaxRestarts} times while its context was read.");
    }

    private async Task<SessionContext> ReadAsync(
        SessionKey key, StoredManifest stored, long tokenBudget, string? query, MemoryView? memoriesOf, HoldBytes? hold, ReadBytes? read,
        CancellationToken cancellationToken)
    {
        Manifest manifest = stored.Manifest;
        List<ArchiveReference> open =
        [
            .. manifest.Uncovered
                .Concat(manifest.Pending.Select(static p => new ArchiveReference(p.Number, p.CommitId, p.Attempt)))
                .OrderBy(static a => a.Number),
        ];
        var counter = new ReadCounter(read, cancellationToken);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await HoldAsync(BlobLines.RangeBytes);
        string lastOverview = await FindOverviewAsync(manifest, cancellationToken);
        var window = new ContextWindow(tokenBudget);
        bool mayStandIn = tokenBudget > 0 && manifest.Settings.MemoryPolicy?.HasOverview != false;
        string? standIn = mayStandIn ? provisional.Find(key, manifest, open) : null;
        using ProvisionalReading? making = standIn is not null || !mayStandIn
            ? null
            : provisional.Begin(key, manifest, open, lastOverview);
        await counter.AddBlobsAsync(open.Count + manifest.Live.Count - 1);

        foreach (ArchiveReference archive in open)
        {
            await foreach (SessionMessage message in archives.ReadMessagesAsync(
                new CommitAttempt(key, manifest.Incarnation, archive.CommitId, archive.Attempt), cancellationToken))
            {
                await AddAsync(message, archive.Number);
            }
        }

        standIn ??= making is null ? null : await making.EndAsync(cancellationToken);
        await foreach (SessionMessage message in live.ReadAsync(key, stored, cancellationToken))
        {
            await AddAsync(message, null);
        }

        long standInTokens = TokenEstimate.Of(standIn);
        (IReadOnlyList<ContextMessage> messages, long left) =
            window.Close(room: standInTokens <= tokenBudget / ProvisionalShare ? standInTokens : 0);
        bool isProvisional = standIn is not null && standInTokens <= left;
        string overview = isProvisional ? standIn! : TokenEstimate.Of(lastOverview) <= left ? lastOverview : "";

        // Of a small budget a question gets its answer first.
        string givesWay = query is not null && TokenEstimate.Of(overview) > left / 2 ? overview : "";
        overview = givesWay.Length > 0 ? "" : overview;
        left -= TokenEstimate.Of(overview);
        IReadOnlyList<Memory> chosen = memoriesOf is not null
            ? await memories.ReadAsync(key.Owner, memoriesOf, left, cancellationToken)
            : [];
        left -= chosen.Sum(static m => m.Info.Tokens);
        ArchivedContext past = await ReadArchivedAsync(left, TokenEstimate.Of(overview));
        if (givesWay.Length > 0 && past.Messages.Count == 0 && TokenEstimate.Of(givesWay) <= left - past.AbstractTokens)
        {
            overview = givesWay;
        }

        isProvisional &= overview.Length > 0;
        return new SessionContext
        {
            Overview = overview,
            IsOverviewProvisional = isProvisional,
            Abstracts = past.Abstracts,
            Recalled = [.. past.Messages.Select(static m => m.Line)],
            Messages = [.. messages.Select(static m => m.Line)],
            Memories = chosen,
            MessageTokens = messages.Sum(static m => m.Tokens),
            OverviewTokens = TokenEstimate.Of(overview),
            AbstractTokens = past.AbstractTokens,
            RecalledTokens = past.Messages.Sum(static m => m.Tokens),
            TotalArchives = manifest.ArchiveCount,
            IncludedArchives = CountIncluded(past),
            FailedArchives = manifest.Uncovered.Count,
        };

        Task<ArchivedContext> ReadArchivedAsync(long left, long overviewTokens)
        {
            long most = query is null ? Math.Min(left, (tokenBudget / ArchivedShare) - overviewTokens) : left;
            int newest = open.Count == 0 ? manifest.ArchiveCount : open[0].Number - 1;
            var request = new ArchivedRequest(
                key, manifest, newest, query, Math.Min(most, tokenBudget / AbstractShare), most, window.IsWhole, seen);
            int mostBlocks = (int)Math.Min(MaxBlocks, (ContextWindow.MaxBytes - window.Bytes) / ArchiveBlocks.BlockBytes);
            var read = new ContextBlocks(blocks, mostBlocks, counter, bytes => HoldAsync(window.Bytes + bytes));
            return archived.ReadAsync(request, read, counter, cancellationToken);
        }

        // No archive is both without an overview and covered by one.
        int CountIncluded(ArchivedContext past)
        {
            if (isProvisional)
            {
                return manifest.ArchiveCount;
            }

            int withoutOverview = messages.Select(static m => m.Archive).OfType<int>().Distinct().Count();
            int covered = overview.Length > 0
                ? manifest.ArchiveCount - open.Count
                : past.Messages.Select(static m => m.Archive!.Value).Concat(past.Abstracts.Select(static a => a.Number)).Distinct().Count();
            return withoutOverview + covered;
        }

        async ValueTask AddAsync(SessionMessage message, int? archive)
        {
            await counter.AddAsync(message.Line.Length);
            if (seen.Add(message.Id))
            {
                await HoldAsync(window.Bytes + (making?.Bytes ?? 0) + message.Line.Length);
                window.Add(message, archive);
                if (archive is not null && making is not null)
                {
                    await making.AddAsync(message, cancellationToken);
                }
            }
        }

        ValueTask HoldAsync(long bytes) =>
            hold?.Invoke(Math.Min(bytes, ContextWindow.MaxBytes), cancellationToken) ?? ValueTask.CompletedTask;
    }

    private async Task<string> FindOverviewAsync(Manifest manifest, CancellationToken cancellationToken) =>
        manifest.Overview is not { } reference || manifest.Settings.MemoryPolicy?.HasOverview == false
            ? ""
            : (await archives.FindSemanticAsync(reference.Blob, cancellationToken))?.Overview
                ?? throw new BlobGoneException($"Blob '{reference.Blob}' is gone.");
}
