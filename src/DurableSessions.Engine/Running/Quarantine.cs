using DurableSessions.Engine.Instances;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Ends an instance whose active blob cannot be read: it has failed, and what was stored is kept under
/// <see cref="InstanceStore.UnreadablePrefix"/>. So it holds up nothing that waits for its end.
/// </summary>
/// <remarks>
/// The copy, then the finished blob, then the deletion of the active one, on the ETag that was read. A crash before the last leaves the
/// active blob, which counts, and all three are done again; where an owner has written it meanwhile, the instance goes on.
/// </remarks>
internal sealed class Quarantine(InstanceStore store, InstanceWatches watches, ILogger log)
{
    /// <summary>Ends the instance, unless it has changed.</summary>
    public async Task EndAsync(UnreadableInstanceException unreadable, CancellationToken cancellationToken)
    {
        string id = unreadable.Header.Id;
        string kept = await store.KeepAsync(id, unreadable.Content, cancellationToken);
        StoredInstance? finished = await store.FindFinishedAsync(id, cancellationToken);
        InstanceDocument failed = InstanceDocument.Unreadable(unreadable.Header);
        WriteResult result = await store.PutFinishedAsync(failed, finished?.ETag, store.ClientDeadline, cancellationToken);
        if (result.Written is not null
            && await store.DeleteActiveAsync(id, unreadable.ETag, store.ClientDeadline, cancellationToken) == DeleteResult.Deleted)
        {
            log.InstanceUnreadable(unreadable.InnerException!, id, kept);
            watches.Publish(id, null);
        }
    }
}
