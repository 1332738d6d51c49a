using Azure;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Confirms orphans, and removes those that are old enough: each only after a second look that sees what the first one saw, and only
/// the very blob that was looked at.
/// </summary>
internal sealed class Orphans(AuditedStorage storage, AuditOptions options, TimeProvider time)
{
    /// <summary>The finding; <see langword="null"/> where it is no orphan, or has gone.</summary>
    public async Task<Finding?> SettleAsync(Orphan orphan, CancellationToken cancellationToken)
    {
        // A listing gives ETags without their quotes.
        if (await storage.FindPropertiesAsync(orphan.Blob, cancellationToken) is not { } now
            || now.ETag.ToString("H") != orphan.ETag.ToString("H")
            || !await orphan.IsStill(cancellationToken))
        {
            return null;
        }

        if (time.GetUtcNow() - orphan.Since < options.OrphanAge)
        {
            return Finding(orphan, FindingSeverity.Information, RepairState.TooYoung);
        }

        if (!options.Repair)
        {
            return Finding(orphan, FindingSeverity.Warning, RepairState.Removable);
        }

        return await orphan.Fence(cancellationToken) && await TryDeleteAsync(orphan.Blob, now.ETag, cancellationToken)
            ? Finding(orphan, FindingSeverity.Warning, RepairState.Removed)
            : null;
    }

    // False: it is another blob by now.
    private async Task<bool> TryDeleteAsync(string blob, ETag expected, CancellationToken cancellationToken)
    {
        try
        {
            await storage.Storage.Container.GetBlobClient(blob).DeleteIfExistsAsync(
                DeleteSnapshotsOption.None, new BlobRequestConditions { IfMatch = expected }, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            return false;
        }
    }

    private static Finding Finding(Orphan orphan, FindingSeverity severity, RepairState repair) =>
        new(orphan.Kind, severity, orphan.Session, orphan.Blob, orphan.What, repair);
}
