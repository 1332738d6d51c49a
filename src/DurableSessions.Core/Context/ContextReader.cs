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
    TimeProvider time)
{
    private const int MaxRestarts = 20;

    /// <summary>Messages leave room for an overview that is provisional, up to this share of the budget.</summary>
    private const int ProvisionalShare = 4;

    public async Task<SessionContext> ReadAsync(
        SessionKey key, long tokenBudget, bool includeMemories, HoldBytes? hold, ReadBytes? read,
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
                SessionContext context = await ReadAsync(key, stored, tokenBudget, hold, read, cancellationToken);
                return includeMemories
                    ? context with
                    {
                        Memories = await memories.ReadAsync(
                            key.Owner, tokenBudget - context.MessageTokens - context.OverviewTokens, cancellationToken),
                    }
                    : context;
            }
            catch (BlobGoneException)
            {
                await Backoff.WaitAsync(attempt, time, cancellationToken);
            }
        }

        throw new ContentionException($"Session '{key.Id}' was switched {MaxRestarts} times while its context was read.");
    }

    private async Task<SessionContext> ReadAsync(
        SessionKey key, StoredManifest stored, long tokenBudget, HoldBytes? hold, ReadBytes? read,
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
        string? standIn = tokenBudget == 0 ? null : provisional.Find(key, manifest, open);
        using ProvisionalReading? making = standIn is not null || tokenBudget == 0
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
        int behindOverview = overview.Length == 0 ? 0 : manifest.ArchiveCount - open.Count;
        return new SessionContext
        {
            Overview = overview,
            IsOverviewProvisional = isProvisional,
            Messages = [.. messages.Select(static m => m.Line)],
            MessageTokens = messages.Sum(static m => m.Tokens),
            OverviewTokens = TokenEstimate.Of(overview),
            TotalArchives = manifest.ArchiveCount,
            IncludedArchives = isProvisional
                ? manifest.ArchiveCount
                : messages.Select(static m => m.Archive).OfType<int>().Distinct().Count() + behindOverview,
            FailedArchives = manifest.Uncovered.Count,
        };

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
        manifest.Overview is not { } reference
            ? ""
            : (await archives.FindSemanticAsync(reference.Blob, cancellationToken))?.Overview
                ?? throw new BlobGoneException($"Blob '{reference.Blob}' is gone.");
}
