using System.Globalization;
using System.Runtime.CompilerServices;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Finds what lies in the folders of sessions and no manifest names: segments, what commits staged, what search had of archives, and whole
/// incarnations that were deleted. Listings come in the order of names, so one manifest at a time is in memory.
/// </summary>
internal sealed class SessionOrphans(
    AuditedStorage storage, ManifestStore manifests, StagedBlobs staged, MergedSegmentCheck merged, Orphans orphans, AuditTally tally)
{
    /// <summary>Looks at every blob under <c>segments/</c>, <c>archives/</c> or <c>search/</c>.</summary>
    public async IAsyncEnumerable<Finding> RunAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (SessionKey, string)? last = null;
        Manifest? manifest = null;
        bool isUnclear = false;
        await foreach (BlobItem blob in storage.ListAsync(folder, withMetadata: false, cancellationToken))
        {
            tally.AddBlob();
            if (BlobNames.FindMergedSegment(blob.Name) is var (user, _, _))
            {
                if (await merged.RunAsync(blob, user, cancellationToken) is { } found)
                {
                    yield return found;
                }

                continue;
            }

            if (!SessionPath.TryParse(blob.Name, out SessionPath? path))
            {
                yield return new Finding(
                    FindingKind.UnknownBlob, FindingSeverity.Information, null, blob.Name, "not a name that the store gives; left alone");
                continue;
            }

            if (last != (path.Session, path.Incarnation))
            {
                AuditedDocument<Manifest> read = await storage.FindManifestAsync(path.Session, cancellationToken);
                last = (path.Session, path.Incarnation);
                manifest = read.Document;

                // An error that the session's own check reports. Nothing is an orphan of a manifest that cannot be read.
                isUnclear = IsUnclear(read);
            }

            if (!isUnclear && await FindAsync(blob, path, manifest, cancellationToken) is { } orphan
                && await orphans.SettleAsync(orphan, cancellationToken) is { } finding)
            {
                yield return finding;
            }
        }
    }

    private async Task<Orphan?> FindAsync(BlobItem blob, SessionPath path, Manifest? manifest, CancellationToken cancellationToken)
    {
        if (manifest is not { DeletedAt: null } || manifest.Incarnation != path.Incarnation)
        {
            DateTimeOffset? deletedAt = manifest?.Incarnation == path.Incarnation ? manifest.DeletedAt : null;
            return Orphan(
                blob, path, FindingKind.OrphanedSession, "left of a session that is deleted, or was never completed",
                token => IsDeletedAsync(path, token)) with
            { Since = Latest(blob.Properties.LastModified!.Value, deletedAt) };
        }

        if (blob.Name.StartsWith("segments/", StringComparison.Ordinal))
        {
            return IsNamed(manifest, blob.Name)
                ? null
                : Orphan(
                    blob,
                    path,
                    FindingKind.OrphanedSegment,
                    "a segment that no manifest names",
                    token => IsUnnamedAsync(path, blob.Name, token)) with
                {
                    Fence = token => FenceAsync(path, blob.Name, token),
                };
        }

        return await staged.IsInUseAsync(path, blob.Name, manifest, cancellationToken)
            ? null
            : Orphan(
                blob,
                path,
                FindingKind.OrphanedStaging,
                "staged by a commit that did not use it, or left of an archive that has expired",
                token => IsUnusedAsync(path, blob.Name, token));
    }

    private static Orphan Orphan(
        BlobItem blob, SessionPath path, FindingKind kind, string what, Func<CancellationToken, Task<bool>> isStill) => new()
        {
            Kind = kind,
            Session = path.Session.ToString(),
            Blob = blob.Name,
            ETag = blob.Properties.ETag!.Value,
            Since = blob.Properties.LastModified!.Value,
            What = what,
            IsStill = isStill,
        };

    // A deletion is scheduled before its tombstone is set: so the manifest is read first, and then whether it is under way.
    private async Task<bool> IsDeletedAsync(SessionPath path, CancellationToken cancellationToken)
    {
        AuditedDocument<Manifest> read = await storage.FindManifestAsync(path.Session, cancellationToken);
        return !IsUnclear(read)
            && (read.Document is not { DeletedAt: null } manifest || manifest.Incarnation != path.Incarnation)
            && !await storage.IsRunningAsync($"delete-{path.Incarnation}", cancellationToken);
    }

    private async Task<bool> IsUnnamedAsync(SessionPath path, string segment, CancellationToken cancellationToken) =>
        await storage.FindLivingAsync(path.Session, path.Incarnation, cancellationToken) is { } manifest && !IsNamed(manifest, segment);

    // A commit that runs may refer to it in a moment; once it does not run, the manifest says all.
    private async Task<bool> IsUnusedAsync(SessionPath path, string blob, CancellationToken cancellationToken) =>
        !await storage.IsRunningAsync(StagedBlobs.CommitOf(path, blob), cancellationToken)
        && await storage.FindLivingAsync(path.Session, path.Incarnation, cancellationToken) is { } manifest
        && !await staged.IsInUseAsync(path, blob, manifest, cancellationToken);

    // A host that stalls between creating a segment and naming it names it by a swap that expects its number to be the next one: after
    // this swap that fails, however late it comes. What a commit retains is named only by its own cut, and the manifest shows none.
    private async Task<bool> FenceAsync(SessionPath path, string segment, CancellationToken cancellationToken)
    {
        ReadOnlySpan<char> digits = path.Rest.AsSpan(0, Math.Min(6, path.Rest.Length));
        int number = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0;
        StoredManifest? stored = await manifests.LoadAsync(path.Session, cancellationToken);
        if (stored is null)
        {
            return false;
        }

        stored = await manifests.ApplyAsync(
            path.Session, stored, m => Transitions.SkipSegmentNumbers(m, path.Incarnation, number), cancellationToken);
        return stored is not null && !IsNamed(stored.Manifest, segment);
    }

    private static bool IsNamed(Manifest manifest, string segment) =>
        manifest.Keeps(segment)
        || (manifest.Cutting is { } cut && segment.EndsWith($"/retained-{cut.CommitId}-{cut.Attempt}.jsonl", StringComparison.Ordinal));

    private static bool IsUnclear(AuditedDocument<Manifest> read) =>
        read.Error is not null || (read.Document is { } manifest && ManifestRules.FindUnreadable(manifest) is not null);

    private static DateTimeOffset Latest(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;
}
