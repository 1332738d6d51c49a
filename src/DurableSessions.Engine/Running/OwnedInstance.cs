using System.Diagnostics;
using Azure;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Telemetry;

namespace DurableSessions.Engine.Running;

/// <summary>
/// The blobs of an instance, as its owner writes them. The ETag of the active blob fences every write: an owner that has lost
/// the instance changes nothing any more, however long it repeats a write.
/// </summary>
internal sealed class OwnedInstance(InstanceStore store, StoredInstance claimed, ETag? finished)
{
    /// <summary>The claim by which this host owns the instance.</summary>
    public string Owner { get; } = claimed.Document.Owner!;

    private string _activeWriteId = claimed.Document.WriteId;

    /// <summary>The ETag of the finished blob, where it is known.</summary>
    public ETag? Finished { get; private set; } = finished;

    /// <summary>The instance as it was last written or claimed.</summary>
    public InstanceDocument Stored { get; private set; } = claimed.Document;

    /// <summary>The ETag of the active blob.</summary>
    public ETag ETag { get; private set; } = claimed.ETag;

    /// <summary>Replaces the active blob. A crash before: the checkpoint before it stands. A crash after: the new one stands.</summary>
    public async Task<OwnerWriteResult> CheckpointAsync(InstanceDocument document, CancellationToken cancellationToken)
    {
        using IDisposable owner = OwnerRequests.Begin();
        using Activity? span = InstanceTrace.BeginWrite(document, "checkpoint");
        WriteResult result = await store.ReplaceAsync(document, ETag, store.OwnerDeadline, cancellationToken);
        if (result.Written is { } written)
        {
            Took(document, written, document.WriteId);
            return OwnerWriteResult.Written;
        }

        if (result.Found is not { } found)
        {
            return OwnerWriteResult.Lost;
        }

        bool stands = found.Document.CheckpointId == document.CheckpointId;
        if (stands && document.Owner is null)
        {
            Stored = document;
            return OwnerWriteResult.Written;
        }

        if (found.Document.Owner != Owner)
        {
            return stands ? OwnerWriteResult.Lost with { Stands = true } : OwnerWriteResult.Lost;
        }

        Took(stands ? document with { Inbox = found.Document.Inbox } : Stored, found.ETag, found.Document.WriteId);
        return new OwnerWriteResult(OwnerWrite.Merge, found.Document.Inbox, stands);
    }

    /// <summary>
    /// Ends the instance: PUT finished, then DELETE active. Until the deletion nothing has ended; a crash between the two is
    /// repaired by the next owner. A finished blob that is there already is of an earlier generation, or of an owner that lost
    /// the instance before its deletion: neither counts while this owner has the active blob.
    /// </summary>
    public async Task<OwnerWriteResult> EndAsync(InstanceDocument final, CancellationToken cancellationToken)
    {
        using IDisposable owner = OwnerRequests.Begin();
        using Activity? span = InstanceTrace.BeginWrite(final, "end");
        final = final with { Ends = _activeWriteId };
        WriteResult result = await store.PutFinishedAsync(final, Finished, store.OwnerDeadline, cancellationToken);
        while (result.Written is null)
        {
            StoredInstance? active = await store.FindActiveAsync(final.Id, cancellationToken);
            if (active is null || active.ETag != ETag)
            {
                return Changed(active);
            }

            result = await store.PutFinishedAsync(final, result.Found?.ETag, store.OwnerDeadline, cancellationToken);
        }

        Finished = result.Written;
        switch (await store.DeleteActiveAsync(final.Id, ETag, store.OwnerDeadline, cancellationToken))
        {
            case DeleteResult.Deleted:
                return OwnerWriteResult.Written;
            case DeleteResult.Missing:
                StoredInstance? stands = await store.FindFinishedAsync(final.Id, cancellationToken);
                return stands?.Document.WriteId == final.WriteId ? OwnerWriteResult.Written : OwnerWriteResult.Lost;
            default:
                return Changed(await store.FindActiveAsync(final.Id, cancellationToken));
        }
    }

    private OwnerWriteResult Changed(StoredInstance? active)
    {
        if (active is null || active.Document.Owner != Owner)
        {
            return OwnerWriteResult.Lost;
        }

        Took(Stored, active.ETag, active.Document.WriteId);
        return new OwnerWriteResult(OwnerWrite.Merge, active.Document.Inbox, false);
    }

    private void Took(InstanceDocument document, ETag etag, string writeId)
    {
        Stored = document;
        ETag = etag;
        _activeWriteId = writeId;
    }
}
