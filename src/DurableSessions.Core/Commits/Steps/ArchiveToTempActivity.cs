using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Step 1. One swap adds a fresh segment, to which appends go from now on, and shows the cut; then the older segments are
/// sealed, read, and staged as the archive. Where the last segment is empty and follows another, appends go on in that one.
/// </summary>
/// <remarks>
/// A crash before the swap leaves an empty segment that no manifest names, or nothing. A crash after it leaves a cut that each host can
/// carry on: live still lists the sealed segments, so readers miss nothing. Run again, this step finds its own cut, the same sealed
/// bytes, and writes the same blob. A commit that finds another's cut carries that one to its end first (helping, not
/// locking): a dead host blocks no other.
/// </remarks>
internal sealed class ArchiveToTempActivity(
    CommitLedger ledger, ManifestStore manifests, SegmentStore segments, LiveViews views, Staging staging,
    TimeProvider time, ILogger<ArchiveToTempActivity> logger) : TaskActivity<CommitInput, CommitProgress>
{
    private const int MaxRounds = 100;

    public override async Task<CommitProgress> RunAsync(TaskActivityContext context, CommitInput commit)
    {
        CancellationToken cancellationToken = context.CancellationToken;
        for (int round = 1; round <= MaxRounds; round++)
        {
            StoredManifest stored = await ledger.OpenAsync(commit.ThisAttempt, fresh: round > 1, cancellationToken);
            Manifest manifest = stored.Manifest;
            if (manifest.FindPending(commit.CommitId) is { } pending)
            {
                return new CommitProgress { Counts = pending.Counts };
            }

            if (manifest.Cutting is { } cut)
            {
                if (await StageAsync(commit, manifest, cut, cancellationToken) is { } progress)
                {
                    return progress;
                }

                continue;
            }

            // In this order: the manifest was loaded, the commit is not in it, now its record is looked for, and the swap
            // below matches the ETag of that load. A zombie of a commit that is over fails at one of them.
            if (await DecidedAsync(commit, manifest, cancellationToken) is { } decided)
            {
                return decided;
            }

            StoredManifest? swapped = await TryCutAsync(commit, stored, cancellationToken);
            if (swapped is not null
                && await StageAsync(commit, swapped.Manifest, swapped.Manifest.Cutting!, cancellationToken) is { } staged)
            {
                return staged;
            }

            await Backoff.WaitAsync(round, time, cancellationToken);
        }

        throw new ContentionException(
            $"The manifest of session '{commit.Session.Id}' was changed by others {MaxRounds} times in a row.");
    }

    // Where appends go on: in the last segment where a cut that was undone left it, and it is empty; else in a fresh one. So commits that
    // are cancelled one after the other add no segment to live.
    private async Task<StoredManifest?> TryCutAsync(CommitInput commit, StoredManifest stored, CancellationToken cancellationToken)
    {
        Manifest manifest = stored.Manifest;
        if (manifest.FollowsAppended && await segments.IsUnusedAsync(manifest.Last.Name, cancellationToken))
        {
            return await manifests.TryApplyAsync(
                commit.Session,
                stored,
                m => Transitions.BeginCutBeforeLast(m, commit.ThisAttempt, commit.Retention, commit.EventTags),
                cancellationToken);
        }

        FreshSegment fresh = await segments.CreateAsync(commit.Session, manifest.Incarnation, manifest.NextSegment, cancellationToken);
        views.LearnCreated(fresh.Name);
        return await manifests.TryApplyAsync(
            commit.Session,
            stored,
            m => Transitions.BeginCut(m, commit.ThisAttempt, commit.Retention, commit.EventTags, fresh),
            cancellationToken);
    }

    private async Task<CommitProgress?> DecidedAsync(CommitInput commit, Manifest manifest, CancellationToken cancellationToken)
    {
        if (manifest.FindClosed(commit.CommitId, commit.Attempt) is { } closed)
        {
            return Closed(await ledger.CloseAsync(commit.ThisAttempt, closed.Fate, closed.Reason, [], cancellationToken));
        }

        if (await ledger.FindRecordAsync(commit.ThisAttempt, cancellationToken) is { } record)
        {
            return record.Fate == CommitFate.Archived
                ? new CommitProgress { Counts = record.Counts, Number = record.Number, State = record.State }
                : Closed(record);
        }

        // An earlier attempt that failed without a fate must not cut any more, once this one may have.
        for (int attempt = 1; attempt < commit.Attempt; attempt++)
        {
            CommitAttempt earlier = commit.ThisAttempt with { Attempt = attempt };
            if (await ledger.CloseAsync(earlier, CommitFate.Cancelled, ClosedCommit.RetriedReason, [], cancellationToken) is null)
            {
                throw new ContentionException($"Attempt {attempt} of commit '{commit.CommitId}' is still in work.");
            }
        }

        return null;
    }

    // Carries the cut that the manifest shows as far as this step goes: this commit's own until it is staged, another's until
    // it is cleared. Null: look at the manifest again.
    private async Task<CommitProgress?> StageAsync(CommitInput commit, Manifest manifest, Cut cut, CancellationToken cancellationToken)
    {
        bool isOwn = cut.CommitId == commit.CommitId;
        CommitAttempt owner = commit.ThisAttempt with { CommitId = cut.CommitId, Attempt = cut.Attempt };
        if (await TryStageAsync(commit, manifest, cut, cancellationToken) is not { } staged)
        {
            return null;
        }

        if (staged.Counts.Messages == 0)
        {
            string reason = SkipReasons.ToStored(staged.Counts.Retained == 0 ? SkipReason.NoMessages : SkipReason.AllWithinKeepWindow);
            CommitRecord? skipped = await ledger.CloseAsync(owner, CommitFate.Skipped, reason, staged.EmptySegments, cancellationToken);
            return isOwn && skipped is not null ? Closed(skipped) : null;
        }

        if (!isOwn)
        {
            await ledger.ApplyAsync(owner, m => Transitions.Clear(m, owner, staged.Counts, time.GetUtcNow()), cancellationToken);
            logger.OtherCommitHelped(commit.CommitId, commit.Session, cut.CommitId);
            return null;
        }

        logger.ArchiveStaged(
            commit.CommitId, commit.Session, staged.Counts.Messages, staged.Counts.Bytes, staged.Counts.Retained);
        return new CommitProgress { Counts = staged.Counts };
    }

    // Null: the cut is over, and what this host knows of the manifest is up to date. A segment is deleted only after that: one that is
    // missing while the manifest shows the cut is lost. The step fails with that, and takes nothing out of the session.
    private async Task<Staged?> TryStageAsync(CommitInput commit, Manifest manifest, Cut cut, CancellationToken cancellationToken)
    {
        try
        {
            if (await staging.TryStageAsync(commit.Session, manifest, cancellationToken) is { } staged)
            {
                return staged;
            }
        }
        catch (FormatException)
        {
            // Another archive is staged under the name. That is right where the cut is over, and one of its segments has come back empty.
            if (await StandsAsync())
            {
                throw;
            }

            return null;
        }

        return await StandsAsync() ? throw new SegmentMissingException(commit.Session) : null;

        async Task<bool> StandsAsync() =>
            (await ledger.OpenAsync(commit.ThisAttempt, fresh: true, cancellationToken)).Manifest.Cutting == cut;
    }

    private static CommitProgress? Closed(CommitRecord? record) =>
        record is null ? null : new CommitProgress { Fate = record.Fate, Reason = record.Reason };
}
