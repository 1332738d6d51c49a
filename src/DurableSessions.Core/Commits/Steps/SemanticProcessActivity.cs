using DurableSessions.Core.Archives;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Step 3. Digests the archive, together with those before it that no overview covers, and stores the digest once.
/// </summary>
/// <remarks>
/// A crash before the digest is stored leaves nothing; after it, the digest: run again, this step finds it and returns it,
/// with no second call of the processor. The session is not changed here: that is the switch.
/// </remarks>
internal sealed class SemanticProcessActivity(
    CommitLedger ledger, ArchiveStore archives, SemanticStep step, SemanticProcessors processors, DailyTokens tokens,
    SessionOptions options, ILogger<SemanticProcessActivity> logger) : TaskActivity<SemanticInput, SemanticOutcome>
{
    private const string TooManyUncovered = "the session has too many archives without a digest for a model";

    public override async Task<SemanticOutcome> RunAsync(TaskActivityContext context, SemanticInput input)
    {
        CommitInput commit = input.Commit;
        try
        {
            return await DigestAsync(input, context.CancellationToken);
        }
        catch (BlobGoneException)
        {
            // What is to be digested has gone: that is so when the session is deleted, and an error otherwise.
            await ledger.OpenAsync(commit.ThisAttempt, fresh: true, context.CancellationToken);
            throw;
        }
    }

    private async Task<SemanticOutcome> DigestAsync(SemanticInput input, CancellationToken cancellationToken)
    {
        CommitInput commit = input.Commit;
        StoredManifest stored = await ledger.OpenAsync(commit.ThisAttempt, fresh: false, cancellationToken);
        if (stored.Manifest.Pending.Count == 0 || stored.Manifest.Pending[0].CommitId != commit.CommitId)
        {
            // Either an old manifest, in which others are still before this commit, or a retry of one that was switched.
            stored = await ledger.OpenAsync(commit.ThisAttempt, fresh: true, cancellationToken);
        }

        Manifest manifest = stored.Manifest;
        if (await FindArchiveAsync(commit, manifest, cancellationToken) is not var (archive, eventTags))
        {
            return new SemanticOutcome(ArchiveState.Covered, null);
        }

        string name = ArchiveStore.SemanticName(commit.ThisAttempt, fallback: false);
        SemanticDocument? document = await archives.FindSemanticAsync(name, cancellationToken);
        bool isFull = manifest.Uncovered.Count >= options.MaxUncoveredArchives;
        bool fallback = input.Fallback || isFull;
        string? reason = !processors.HasModel ? null : input.Fallback ? input.Failure : isFull ? TooManyUncovered : null;
        if (document is null && !fallback && tokens.HasQuota && processors.HasModel)
        {
            // One that a crash left, made for the quota, is the digest, also where a new day has begun since.
            string spent = ArchiveStore.SemanticName(commit.ThisAttempt, fallback: true);
            reason = (await archives.FindSemanticAsync(spent, cancellationToken))?.Reason
                ?? await tokens.FindReasonAsync(commit.Session.Account, cancellationToken);
            fallback = reason is not null;
        }

        if (document is null && fallback)
        {
            name = ArchiveStore.SemanticName(commit.ThisAttempt, fallback: true);
            document = await archives.FindSemanticAsync(name, cancellationToken);
        }

        document ??= await step.DigestAsync(
            SemanticBasis.Of(commit.ThisAttempt, manifest, archive) with { EventTags = eventTags },
            manifest.Settings,
            fallback ? processors.Fallback : processors.Configured,
            degraded: fallback && processors.HasModel,
            reason,
            name,
            commit.Semantic.Timeout,
            cancellationToken);
        logger.ArchiveDigested(commit.CommitId, commit.Session, document.Processor, document.Covers);
        if (document.Degraded)
        {
            logger.ArchiveDegraded(commit.CommitId, commit.Session, document.Number, document.Reason);
        }

        return new SemanticOutcome(document.Degraded ? ArchiveState.Degraded : ArchiveState.Covered, name)
        {
            Usage = document.Usage,
            IsFromDegraded = document.IsFromDegraded,
            Reason = document.Reason,
            MemoryChanges = document.Memories.Count + document.PeerMemories.Count,
            Memories = document.MemoriesSkipped.Count == 0 ? null : new MemoryReport { Skipped = document.MemoriesSkipped },
        };
    }

    // The archive to digest, with the tags of its commit: pending and first in turn, or switched without an overview (a retry).
    // Null: it is covered.
    private async Task<(ArchiveReference Archive, IReadOnlyList<string>? EventTags)?> FindArchiveAsync(
        CommitInput commit, Manifest manifest, CancellationToken cancellationToken)
    {
        if (manifest.FindPending(commit.CommitId) is { } pending)
        {
            return manifest.Pending[0] == pending
                ? (new ArchiveReference(pending.Number, pending.CommitId, pending.Attempt), pending.EventTags)
                : throw new InvalidOperationException($"Commit '{commit.CommitId}' is not first in turn.");
        }

        CommitRecord? record = await ledger.FindRecordAsync(commit.ThisAttempt, cancellationToken);
        return manifest.Uncovered.FirstOrDefault(u => u.Number == record?.Number) is not { } uncovered
            ? null
            : manifest.PendingBefore(uncovered.Number) == 0
                ? (uncovered, record?.EventTags)
                : throw new InvalidOperationException($"Commit '{commit.CommitId}' is not first in turn.");
    }
}
