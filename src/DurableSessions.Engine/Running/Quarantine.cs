using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Telemetry;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Ends an instance whose active blob cannot be read: it has failed, and what was stored is kept under
/// <see cref="InstanceStore.UnreadablePrefix"/>. So it holds up nothing that waits for its end.
/// </summary>
/// <remarks>
/// The copy, then the finished blob, then the deletion of the active one, on the ETag that was read. A crash before the last leaves the
/// active blob, which counts, and all three are done again; where an owner has written it meanwhile, the instance goes on.
/// A child owes its parent the failure, which may be sent only once it stands: its active blob is replaced by one in which that end is
/// decided, on the ETag that was read, and this host brings it to it as any other child.
/// </remarks>
internal sealed class Quarantine(
    InstanceStore store, InstanceWatches watches, DueQueue due, EngineMeter meter, TimeProvider time, ILogger log)
{
    /// <summary>Ends the instance, unless it has changed.</summary>
    public async Task EndAsync(UnreadableInstanceException unreadable, CancellationToken cancellationToken)
    {
        string id = unreadable.Header.Id;
        string kept = await store.KeepAsync(id, unreadable.Content, cancellationToken);
        InstanceDocument failed = InstanceDocument.Unreadable(unreadable.Header);
        if (failed.Parent is not null)
        {
            WriteResult decided = await store.ReplaceAsync(
                Decided(failed), unreadable.ETag, store.ClientDeadline, cancellationToken);
            if (decided.Written is not null)
            {
                meter.Quarantined(failed.Name);
                log.InstanceUnreadable(unreadable.InnerException!, id, kept);
                due.Add(id, time.GetUtcNow());
            }

            return;
        }

        StoredInstance? finished = await store.FindFinishedAsync(id, cancellationToken);
        WriteResult result = await store.PutFinishedAsync(failed, finished?.ETag, store.ClientDeadline, cancellationToken);
        if (result.Written is not null
            && await store.DeleteActiveAsync(id, unreadable.ETag, store.ClientDeadline, cancellationToken) == DeleteResult.Deleted)
        {
            meter.Quarantined(failed.Name);
            log.InstanceUnreadable(unreadable.InnerException!, id, kept);
            watches.Publish(id, null);
        }
    }

    private InstanceDocument Decided(InstanceDocument failed) => failed.GivenBack(nextDue: time.GetUtcNow()) with
    {
        Status = OrchestrationRuntimeStatus.Running,
        Failure = null,
        Decided = new RunOutcome(failed.Status, Failure: failed.Failure),
        CheckpointId = failed.WriteId,
    };
}
