using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Merging;

/// <summary>
/// Merges the segments of a user's index until there are few of each size: how many merges its last run made. Each merge leaves fewer
/// segments than there were, and a run that makes none is the last, so it ends.
/// </summary>
internal sealed class MergeSegmentsOrchestrator : TaskOrchestrator<MergeInput, int>
{
    /// <summary>Plans in one run, so that no history grows for ever; then the instance continues as new.</summary>
    internal const int MaxPlans = 4;

    /// <inheritdoc/>
    public override async Task<int> RunAsync(OrchestrationContext context, MergeInput input)
    {
        var skipped = new List<string>();
        int merges = 0;
        for (int plan = 1; plan <= MaxPlans; plan++)
        {
            IReadOnlyList<MergeGroup> groups = await context.CallActivityAsync<IReadOnlyList<MergeGroup>>(
                MergeNames.Plan, input with { Skipped = skipped }, PatientStep.Options);
            if (groups.Count == 0)
            {
                return merges;
            }

            foreach (MergeGroup group in groups)
            {
                MergedSegments merged = await context.CallActivityAsync<MergedSegments>(MergeNames.Merge, group, PatientStep.Options);
                skipped.AddRange(merged.Unreadable);
                if (merged.Merged.Count == 0)
                {
                    continue;
                }

                if (await context.CallActivityAsync<bool>(MergeNames.DeleteMerged, merged, PatientStep.Options))
                {
                    merges++;
                }
                else
                {
                    skipped.AddRange(merged.Merged);
                }
            }
        }

        if (merges > 0)
        {
            context.ContinueAsNew(input);
        }

        return merges;
    }
}
