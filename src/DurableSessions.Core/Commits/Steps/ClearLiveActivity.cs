using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Step 2. One swap takes the cut segments out of live and enters the commit as pending, with its archive number.
/// </summary>
/// <remarks>
/// One request: a crash before it leaves the messages live, after it pending, and no reload can see them as live again. Run
/// again, it finds the commit pending, or switched by then, and there is nothing to do.
/// </remarks>
internal sealed class ClearLiveActivity(CommitLedger ledger, TimeProvider time, ILogger<ClearLiveActivity> logger)
    : TaskActivity<ClearInput, CommitProgress>
{
    public override async Task<CommitProgress> RunAsync(TaskActivityContext context, ClearInput input)
    {
        CancellationToken cancellationToken = context.CancellationToken;
        CommitInput commit = input.Commit;
        StoredManifest stored = await ledger.OpenAsync(commit.ThisAttempt, fresh: false, cancellationToken);
        if (Pending(stored.Manifest, commit) is { } already)
        {
            return already;
        }

        // The cut may have been made by an earlier attempt that was ended in the middle: its name is the manifest's to say.
        int attempt = stored.Manifest.Cutting is { } cut && cut.CommitId == commit.CommitId ? cut.Attempt : commit.Attempt;
        CommitAttempt owner = commit.ThisAttempt with { Attempt = attempt };
        stored = await ledger.ApplyAsync(owner, m => Transitions.Clear(m, owner, input.Counts, time.GetUtcNow()), cancellationToken);
        if (Pending(stored.Manifest, commit) is { } cleared)
        {
            logger.LiveCleared(commit.CommitId, commit.Session, input.Counts.Messages, cleared.Number);
            return cleared;
        }

        stored = await ledger.OpenAsync(commit.ThisAttempt, fresh: true, cancellationToken);
        if (Pending(stored.Manifest, commit) is { } pending)
        {
            return pending;
        }

        CommitRecord? record = await ledger.FindRecordAsync(commit.ThisAttempt, cancellationToken);
        return record switch
        {
            { Fate: CommitFate.Archived } => new CommitProgress
            {
                Counts = record.Counts,
                Number = record.Number,
                State = record.State,
                Ahead = stored.Manifest.PendingBefore(record.Number!.Value),
            },
            { } => new CommitProgress { Fate = record.Fate, Reason = record.Reason },
            null => throw new InvalidOperationException($"Commit '{commit.CommitId}' is neither cutting nor pending, and has no record."),
        };
    }

    private static CommitProgress? Pending(Manifest manifest, CommitInput commit)
    {
        PendingArchive? pending = manifest.FindPending(commit.CommitId);
        return pending is null
            ? null
            : new CommitProgress { Counts = pending.Counts, Number = pending.Number, Ahead = manifest.PendingBefore(pending.Number) };
    }
}
