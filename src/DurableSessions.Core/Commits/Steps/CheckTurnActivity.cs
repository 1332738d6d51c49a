using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Looks whether it is this commit's turn to be digested. A commit before it whose instance is over (an operator ended it)
/// will never switch by itself: its archive is switched here, uncovered, so that no commit waits for an instance that has ended.
/// </summary>
/// <remarks>Reads, and switches others as <see cref="Switching"/> describes: a crash anywhere is harmless, and it is run again.</remarks>
internal sealed class CheckTurnActivity(
    CommitLedger ledger, Switching switching, Finishing finishing, OrchestrationClient client, ILogger<CheckTurnActivity> logger)
    : TaskActivity<CommitInput, CommitProgress>
{
    public override async Task<CommitProgress> RunAsync(TaskActivityContext context, CommitInput commit)
    {
        CancellationToken cancellationToken = context.CancellationToken;
        while (true)
        {
            StoredManifest stored = await ledger.OpenAsync(commit.ThisAttempt, fresh: true, cancellationToken);
            int? number = stored.Manifest.FindPending(commit.CommitId)?.Number
                ?? (await ledger.FindRecordAsync(commit.ThisAttempt, cancellationToken))?.Number;
            int ahead = number is { } own ? stored.Manifest.PendingBefore(own) : 0;
            if (ahead == 0)
            {
                return new CommitProgress { Ahead = 0 };
            }

            PendingArchive first = stored.Manifest.Pending[0];
            OrchestrationMetadata? instance = await client.GetInstanceAsync(first.CommitId.Value, cancellationToken);
            if (instance is { IsCompleted: false })
            {
                return new CommitProgress { Ahead = ahead };
            }

            // Over, and still pending in a manifest read after that? Then no instance is left that would switch it.
            stored = await ledger.OpenAsync(commit.ThisAttempt, fresh: true, cancellationToken);
            if (stored.Manifest.FindPending(first.CommitId) is { } abandoned)
            {
                (CommitRecord record, _) = await switching.SwitchAsync(
                    commit.ThisAttempt, abandoned, new SemanticOutcome(ArchiveState.Uncovered, null), cancellationToken);
                await finishing.FinishAsync(commit, record, cancellationToken);
                logger.AbandonedCommitSwitched(commit.CommitId, commit.Session, first.CommitId, record.Number, record.State);
            }
        }
    }
}
