using DurableSessions.Orchestration;

namespace DurableSessions.Core.Merging;

/// <summary>Makes one segment of several. See <see cref="IndexMerger"/> for what a crash leaves.</summary>
internal sealed class MergeActivity(IndexMerger merger) : TaskActivity<MergeGroup, MergedSegments>
{
    public override Task<MergedSegments> RunAsync(TaskActivityContext context, MergeGroup input) =>
        merger.MergeAsync(input, context.CancellationToken);
}
