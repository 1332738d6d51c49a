using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Finds tombstones that no host will remove: the deletion is scheduled before the tombstone is set, and is over only after it is
/// removed, so one without a running deletion has been left by hand, or by an operator who ended the deletion.
/// </summary>
internal sealed class TombstoneCheck(AuditedStorage storage, Orphans orphans)
{
    /// <summary>Looks at one manifest of a listing with metadata.</summary>
    public async Task<Finding?> RunAsync(BlobItem blob, SessionKey key, CancellationToken cancellationToken)
    {
        if (!await IsAbandonedAsync(key, cancellationToken))
        {
            return null;
        }

        var orphan = new Orphan
        {
            Kind = FindingKind.AbandonedTombstone,
            Session = key.ToString(),
            Blob = blob.Name,
            ETag = blob.Properties.ETag!.Value,
            Since = blob.Properties.LastModified!.Value,
            What = "the tombstone of a deletion that is not under way any more",
            IsStill = token => IsAbandonedAsync(key, token),
        };
        return await orphans.SettleAsync(orphan, cancellationToken);
    }

    private async Task<bool> IsAbandonedAsync(SessionKey key, CancellationToken cancellationToken) =>
        (await storage.FindManifestAsync(key, cancellationToken)).Document is { DeletedAt: not null } tombstone
        && !await storage.IsRunningAsync($"delete-{tombstone.Incarnation}", cancellationToken);
}
