using DurableSessions.Orchestration;

namespace DurableSessions.Core.Merging;

/// <summary>Deletes segments of which one was made. See <see cref="IndexMerger"/> for what a crash leaves.</summary>
internal sealed class DeleteMergedActivity(IndexMerger merger) : TaskActivity<MergedSegments, bool>
{
    public override Task<bool> RunAsync(TaskActivityContext context, MergedSegments input) =>
        merger.DeleteAsync(input, context.CancellationToken);
}
