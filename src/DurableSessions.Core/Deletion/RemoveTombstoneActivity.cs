using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Deletion;

/// <summary>The last step of a deletion. Conditional on the tombstone itself: a session created over it is left alone.</summary>
internal sealed class RemoveTombstoneActivity(Tombstones tombstones, ILogger<RemoveTombstoneActivity> logger)
    : TaskActivity<DeleteInput, bool>
{
    public override async Task<bool> RunAsync(TaskActivityContext context, DeleteInput input)
    {
        await tombstones.RemoveAsync(input, context.CancellationToken);
        logger.DeletionEnded(input.Session, input.Incarnation);
        return true;
    }
}
