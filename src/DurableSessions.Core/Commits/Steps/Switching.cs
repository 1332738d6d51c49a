using System.Text.Json;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Switches a pending archive: the record is written, what search finds its messages by, the changes of memories that its digest asks for
/// are applied, the number is written, then one swap makes it the newest archive. Where a record is there, it decides: so each instance
/// that switches a commit (its own, run again or not, or another commit's that finds it ended) does the same.
/// </summary>
/// <remarks>
/// A crash before the swap leaves the archive pending, with its record: run again, the record stands. A crash after it
/// leaves the rest to <see cref="Finishing"/>. <see cref="MemoryStage"/> says what a crash leaves of
/// memories. A digest that asks for no changes costs no request here; on a host that did not make it, its line is read for the entry.
/// Every writer of an entry copies that line from the same document, which is written once.
/// </remarks>
internal sealed class Switching(
    CommitLedger ledger, ArchiveStore archives, ArchiveIndexer indexer, MemoryStage memories, TimeProvider time,
    ILogger<Switching> logger)
{
    /// <summary>Switches the archive of a commit that is pending.</summary>
    public async Task<Switched> SwitchAsync(
        CommitAttempt commit, PendingArchive pending, SemanticOutcome outcome, CancellationToken cancellationToken)
    {
        CommitRecord record = await archives.WriteRecordAsync(
            commit.Session,
            commit.Incarnation,
            new CommitRecord
            {
                CommitId = pending.CommitId,
                Attempt = pending.Attempt,
                Fate = CommitFate.Archived,
                DecidedAt = time.GetUtcNow(),
                Number = pending.Number,
                StagedAttempt = pending.Attempt,
                Counts = pending.Counts,
                Segments = pending.Segments,
                State = outcome.State,
                Reason = outcome.Reason,
                IsCancelled = outcome.IsCancelled,
                Semantic = outcome.Semantic,
                IsFromDegraded = outcome.IsFromDegraded,
                MemoryChanges = outcome.MemoryChanges,
                EventTags = pending.EventTags,
                Usage = outcome.Usage,
            },
            cancellationToken);

        CommitAttempt archived = commit with { CommitId = pending.CommitId, Attempt = pending.Attempt };
        await indexer.WriteAsync(archived, pending.Number, pending.Counts.Bytes, cancellationToken);

        // Only now is it decided whether this digest is the archive's.
        AppliedMemories? applied = await ApplyAsync(
            commit, record.CommitId, record.Attempt, record.Semantic, record.MemoryChanges, cancellationToken);
        await archives.WriteEntryAsync(
            commit.Session, commit.Incarnation, await EntryAsync(record, applied, cancellationToken), cancellationToken);
        await ledger.ApplyAsync(commit, m => Transitions.Switch(m, commit.Incarnation, record, CategoriesOf(applied)), cancellationToken);
        return new Switched(record, applied?.Diff);
    }

    /// <summary>
    /// Points an archive that was switched uncovered to a digest made later. Nothing happens where another commit's overview
    /// covers it by now.
    /// </summary>
    /// <remarks>
    /// Where this is a switch that is run again after its swap, what is left to do is done again, and answered as the first time.
    /// Where another commit's overview comes first while memories are applied here, they stay: each change is made once, whichever
    /// digest covers the archive.
    /// </remarks>
    public async Task<Switched> CoverAsync(
        CommitAttempt commit, CommitRecord record, SemanticOutcome outcome, CancellationToken cancellationToken)
    {
        CommitRecord covered = record with
        {
            State = outcome.State,
            Semantic = outcome.Semantic,
            IsFromDegraded = outcome.IsFromDegraded,
        };
        if (outcome.Semantic is null || covered.Digest is not { } digest || record.Number is not { } number)
        {
            return new Switched(covered, null);
        }

        int attempt = record.Semantic == outcome.Semantic ? record.Attempt : commit.Attempt;
        AppliedMemories? applied = await ApplyAsync(
            commit, record.CommitId, attempt, outcome.Semantic, outcome.MemoryChanges, cancellationToken);
        StoredManifest stored = await ledger.ApplyAsync(
            commit,
            m => Transitions.Cover(m, commit.Incarnation, number, digest, outcome.Usage, CategoriesOf(applied)),
            cancellationToken);
        if (number > stored.Manifest.ExpiredArchives && stored.Manifest.Uncovered.All(u => u.Number != number))
        {
            await archives.AmendEntryAsync(
                commit.Session, commit.Incarnation, await EntryAsync(covered, applied, cancellationToken), cancellationToken);
        }

        return new Switched(covered, applied?.Diff);
    }

    private async Task<AppliedMemories?> ApplyAsync(
        CommitAttempt commit, CommitId commitId, int attempt, string? semantic, int changes, CancellationToken cancellationToken)
    {
        if (semantic is null || changes == 0 || await archives.FindSemanticAsync(semantic, cancellationToken) is not { } document)
        {
            return null;
        }

        CommitAttempt owner = commit with { CommitId = commitId, Attempt = attempt };
        return await ApplyMemoriesAsync(
            owner,
            document,
            ArchiveStore.MemoryDiffName(owner),
            ArchiveStore.PeersMemoryDiffName(owner),
            again: null,
            cancellationToken);
    }

    /// <summary>
    /// Applies the changes that a digest asks for, once: see <see cref="MemoryStage"/>. Those of peers first; a crash between
    /// the two leaves the others to be applied when this is run again, which finds the first ones done.
    /// </summary>
    /// <param name="commit">The archive's commit.</param>
    /// <param name="digest">What asks for them.</param>
    /// <param name="diffBlob">Where the diff of the user's own memories is to be written.</param>
    /// <param name="peersDiffBlob">Where that of memories of peers is to be written.</param>
    /// <param name="again">The archive's number, where it is digested again.</param>
    /// <param name="cancellationToken">Stops waiting; the changes may be in or not.</param>
    public async Task<AppliedMemories?> ApplyMemoriesAsync(
        CommitAttempt commit, SemanticDocument digest, string diffBlob, string peersDiffBlob, int? again,
        CancellationToken cancellationToken)
    {
        AppliedMemories? peers = await ApplyAsync(
            commit, MemoryShelf.Peers, digest.PeerMemories, peersDiffBlob, again, cancellationToken);
        return AppliedMemories.Of(
            await ApplyAsync(commit, MemoryShelf.Own, digest.Memories, diffBlob, again, cancellationToken), peers);
    }

    private async Task<AppliedMemories?> ApplyAsync(
        CommitAttempt commit, MemoryShelf shelf, IReadOnlyList<MemoryChange> changes, string diffBlob, int? again,
        CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
        {
            return null;
        }

        try
        {
            return await memories.ApplyAsync(
                commit.Session, commit.Incarnation, commit.CommitId, shelf, changes, diffBlob, again, cancellationToken);
        }
        catch (JsonException e)
        {
            // Damaged memories must not hold up the user's conversations.
            logger.MemoriesUnreadable(e, commit.CommitId, commit.Session);
            return memories.Refuse(commit.CommitId, "the user's memories cannot be read");
        }
    }

    /// <summary>The category of each change that was made.</summary>
    public static IReadOnlyCollection<MemoryCategory> CategoriesOf(AppliedMemories? applied) =>
        applied is null ? [] : [.. applied.Diff.Changes.Select(static c => c.Category)];

    private async Task<ArchiveEntry> EntryAsync(CommitRecord record, AppliedMemories? applied, CancellationToken cancellationToken) => new()
    {
        Number = record.Number!.Value,
        CommitId = record.CommitId,
        Attempt = record.Attempt,
        Counts = record.Counts!,
        SwitchedAt = record.DecidedAt,
        State = record.State!.Value,
        Semantic = record.Semantic,
        Abstract = record.Semantic is null ? null : await archives.FindAbstractAsync(record.Semantic, cancellationToken),
        MemoryDiff = applied?.Blob,
        PeersMemoryDiff = applied?.PeersBlob,
    };
}
