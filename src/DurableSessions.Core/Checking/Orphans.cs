using Azure;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Core.Checking;

/// <summary>Something that nobody refers to, as far as a first look says.</summary>
internal sealed record Orphan
{
    public required FindingKind Kind { get; init; }

    public required string? Session { get; init; }

    public required string Blob { get; init; }

    /// <summary>The blob that was looked at: another one under this name is no orphan.</summary>
    public required ETag ETag { get; init; }

    /// <summary>Since when it may have been an orphan.</summary>
    public required DateTimeOffset Since { get; init; }

    public required string What { get; init; }

    /// <summary>Looks at storage again: whether it is an orphan still.</summary>
    public required Func<CancellationToken, Task<bool>> IsStill { get; init; }

    /// <summary>Makes sure that nobody can refer to it any more. False: somebody does.</summary>
    public Func<CancellationToken, Task<bool>> Fence { get; init; } = static _ => Task.FromResult(true);
}

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
