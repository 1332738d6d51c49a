using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Deletion;

/// <summary>Step 1 of a deletion. See <see cref="Tombstones"/> for what a crash leaves.</summary>
internal sealed class SetTombstoneActivity(Tombstones tombstones, ILogger<SetTombstoneActivity> logger) : TaskActivity<DeleteInput, bool>
{
    public override async Task<bool> RunAsync(TaskActivityContext context, DeleteInput input)
    {
        await tombstones.SetAsync(input, context.CancellationToken);
        logger.TombstoneSet(input.Session, input.Incarnation);
        return true;
    }
}
