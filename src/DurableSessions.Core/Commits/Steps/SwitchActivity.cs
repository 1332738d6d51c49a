using DurableSessions.Core.Memories;
using DurableSessions.Core.Merging;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Steps 4 and 5. Makes the archive the session's newest, for every reader, and finishes what is left of the commit.
/// </summary>
/// <remarks>See <see cref="Switching"/> and <see cref="Finishing"/> for what a crash leaves.</remarks>
internal sealed class SwitchActivity(
    CommitLedger ledger, Switching switching, Finishing finishing, DigestsAgain digests, Merges merges,
    ILogger<SwitchActivity> logger)
    : TaskActivity<SwitchInput, CommitProgress>
{
    public override async Task<CommitProgress> RunAsync(TaskActivityContext context, SwitchInput input)
    {
        CancellationToken cancellationToken = context.CancellationToken;
        CommitInput commit = input.Commit;
        StoredManifest stored = await ledger.OpenAsync(commit.ThisAttempt, fresh: false, cancellationToken);
        PendingArchive? pending = stored.Manifest.FindPending(commit.CommitId)
            ?? (await ledger.OpenAsync(commit.ThisAttempt, fresh: true, cancellationToken)).Manifest.FindPending(commit.CommitId);
        Switched switched;
        if (pending is not null)
        {
            switched = await switching.SwitchAsync(commit.ThisAttempt, pending, input.Outcome, cancellationToken);
            if (switched.Record.Semantic is null && input.Outcome.Semantic is not null)
            {
                // An earlier attempt had switched the archive uncovered, which this host's manifest did not show yet.
                switched = await switching.CoverAsync(commit.ThisAttempt, switched.Record, input.Outcome, cancellationToken);
            }
        }
        else
        {
            CommitRecord? known = await ledger.FindRecordAsync(commit.ThisAttempt, cancellationToken);
            switched = await switching.CoverAsync(
                commit.ThisAttempt,
                known ?? throw new InvalidOperationException($"Commit '{commit.CommitId}' is not pending, and has no record."),
                input.Outcome,
                cancellationToken);
        }

        CommitRecord record = switched.Record;
        logger.ArchiveSwitched(commit.CommitId, commit.Session, record.Number, record.State);
        await finishing.FinishAsync(commit, record, cancellationToken);
        if (record is { State: ArchiveState.Covered, Semantic: not null })
        {
            await StartAgainAsync(commit, cancellationToken);
        }

        await merges.AfterSwitchAsync(commit.CommitId, commit.Session.Owner, cancellationToken);
        return new CommitProgress
        {
            Counts = record.Counts,
            Number = record.Number,
            State = record.State,
            Memories = Report(input.Outcome, switched),
        };
    }

    // The model is back. A start that fails, or that a crash comes before, is left to the next commit: this one has done its work.
    private async Task StartAgainAsync(CommitInput commit, CancellationToken cancellationToken)
    {
        Manifest manifest = (await ledger.OpenAsync(commit.ThisAttempt, fresh: false, cancellationToken)).Manifest;
        try
        {
            await digests.StartAsync(commit.Session, manifest, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            logger.DigestAgainNotStarted(e, commit.Session);
        }
    }

    private static MemoryReport? Report(SemanticOutcome outcome, Switched switched)
    {
        if (outcome.Semantic is null)
        {
            return null;
        }

        MemoryReport report = MemoryReport.Of(switched.Memories, outcome.Memories);
        return outcome.MemoryChanges > 0 && switched.Memories is null
            ? report with { Skipped = [.. report.Skipped, new MemorySkip("another digest covers the archive")] }
            : report;
    }
}
