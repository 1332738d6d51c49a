using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Purging;

/// <summary>
/// Deletes the archives of a session that were switched long ago, the oldest first: how many. A crash at any place goes on.
/// </summary>
internal sealed class ExpireArchivesOrchestrator : TaskOrchestrator<ExpireArchivesInput, int>
{
    /// <summary>Runs of the activity in one instance, so that no history grows for ever; the next purge goes on.</summary>
    internal const int MaxRuns = 100;

    /// <inheritdoc/>
    public override async Task<int> RunAsync(OrchestrationContext context, ExpireArchivesInput input)
    {
        int archives = 0;
        for (int run = 1; run <= MaxRuns; run++)
        {
            ExpireArchivesProgress progress = await context.CallActivityAsync<ExpireArchivesProgress>(
                ExpireNames.DeleteArchives, input, PatientStep.Options);
            archives += progress.Archives;
            if (progress.IsDone)
            {
                break;
            }
        }

        return archives;
    }
}
