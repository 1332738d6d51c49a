using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>Ends a commit that has not cleared anything: its cut is undone, its messages stay live, and it can never cut again.</summary>
/// <remarks>See <see cref="CommitLedger.CloseAsync"/> for what a crash leaves.</remarks>
internal sealed class CancelCommitActivity(CommitLedger ledger, ILogger<CancelCommitActivity> logger)
    : TaskActivity<CancelInput, CommitProgress>
{
    /// <summary>The fate of the commit; none where it was too late, and the commit goes on.</summary>
    public override async Task<CommitProgress> RunAsync(TaskActivityContext context, CancelInput input)
    {
        CommitRecord? record = await ledger.CloseAsync(
            input.Commit.ThisAttempt, CommitFate.Cancelled, input.Reason ?? "cancelled", [], context.CancellationToken);
        logger.CommitCancelled(
            input.Commit.CommitId, input.Commit.Session, record is null ? "came after clear-live" : "undid the cut");
        return new CommitProgress { Fate = record?.Fate, Reason = record?.Reason };
    }
}
