using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Merging;

/// <summary>Lists a user's segments and says which are merged. It changes nothing.</summary>
internal sealed class PlanMergesActivity(IndexMerger merger) : TaskActivity<MergeInput, IReadOnlyList<MergeGroup>>
{
    /// <summary>Merges that one plan has.</summary>
    public const int MaxGroups = 4;

    public override async Task<IReadOnlyList<MergeGroup>> RunAsync(TaskActivityContext context, MergeInput input)
    {
        List<ListedSegment> segments = await merger
            .ListAsync(input.User, BlobNames.SearchOfUser(input.User), context.CancellationToken)
            .Take(MergePlan.MaxSegments)
            .ToListAsync(context.CancellationToken);
        return
        [
            .. MergePlan.Choose(segments, input.Skipped.ToHashSet(StringComparer.Ordinal), MaxGroups)
                .Select(group => new MergeGroup(input.User, group)),
        ];
    }
}
