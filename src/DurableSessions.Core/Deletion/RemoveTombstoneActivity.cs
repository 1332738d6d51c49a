using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Deletion;

/// <summary>
/// The last step of a deletion: what a user can ask of the session's commits goes, then the tombstone. Conditional on the tombstone itself,
/// and on the incarnation that entries of commits have: a session created over it is left alone.
/// </summary>
internal sealed class RemoveTombstoneActivity(Tombstones tombstones, TaskIndex tasks, ILogger<RemoveTombstoneActivity> logger)
    : TaskActivity<DeleteInput, bool>
{
    public override async Task<bool> RunAsync(TaskActivityContext context, DeleteInput input)
    {
        await tasks.RemoveAsync(input.Session, input.Incarnation, context.CancellationToken);
        await tombstones.RemoveAsync(input, context.CancellationToken);
        logger.DeletionEnded(input.Session, input.Incarnation);
        return true;
    }
}
