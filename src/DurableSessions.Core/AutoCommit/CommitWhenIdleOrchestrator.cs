using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.AutoCommit;

/// <summary>
/// Watches one session with messages that wait, by a durable timer for each look: no sweep, and nothing for sessions that have
/// no policy or nothing to commit.
/// </summary>
public sealed class CommitWhenIdleOrchestrator : TaskOrchestrator<IdleInput, bool>
{
    /// <summary>Looks before the instance continues as new, so that no history grows for ever.</summary>
    private const int MaxLooks = 100;

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(OrchestrationContext context, IdleInput input)
    {
        for (int look = 1; ; look++)
        {
            IdleCheck idle = await context.CallActivityAsync<IdleCheck>(
                IdleNames.CheckIdle, new IdleCheckInput(input), PatientStep.Options);
            if (idle.DueAt is not { } dueAt)
            {
                return true;
            }

            await context.CreateTimer(dueAt, CancellationToken.None);
            if (look >= MaxLooks)
            {
                context.ContinueAsNew(input);
                return true;
            }
        }
    }
}
