using System.Runtime.CompilerServices;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Merging;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Finds archives that no segment of the search index has, and writes their segments. One archive after the other; memory holds one
/// segment that is written, and the numbers of one session's archives and of those in one user's merged segments.
/// </summary>
/// <remarks>
/// <para>
/// What is switched had its segments before, and is in one at each moment since, in a merged one before it is gone from its own. So the
/// manifest is read first, then the session's segments are listed, and then the merged ones: what is in none of them was never written, or
/// lost, unless its archive has gone meanwhile, which the manifest is asked for once more.
/// </para>
/// <para>What a crash leaves, request by request:</para>
/// <list type="bullet">
/// <item>before the first part of an archive is written: nothing, or later parts of it. The next repair writes all that is missing;</item>
/// <item>after it: an archive that is found as any other.</item>
/// </list>
/// <para>
/// An archive that expires, or whose session is deleted, while its segments are written: the manifest is read once more behind them. Either
/// it shows that, and they are deleted; or that came after them, and deletes them itself. Where the host crashes between the two, no search
/// finds anything by them, and the next repair removes them as what an archive, or a session, has left.
/// </para>
/// </remarks>
internal sealed class IndexCheck(AuditedStorage storage, ArchiveIndexer indexer, IndexMerger merger, AuditOptions options)
{
    /// <summary>Looks at the archives of every session.</summary>
    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        MergedArchives? merged = null;
        await foreach (BlobItem blob in storage.ListAsync(BlobNames.Manifests, withMetadata: true, cancellationToken))
        {
            if (BlobNames.FindSession(blob.Name) is not { } key || blob.Metadata.ContainsKey(ManifestStore.DeletedMetadata))
            {
                continue;
            }

            merged = merged?.User == key.Owner ? merged : new MergedArchives(merger, key.Owner);
            await foreach (Finding finding in CheckAsync(key, merged, cancellationToken))
            {
                yield return finding;
            }
        }
    }

    private async IAsyncEnumerable<Finding> CheckAsync(
        SessionKey key, MergedArchives merged, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        AuditedDocument<Manifest> read = await storage.FindManifestAsync(key, cancellationToken);
        if (read.Document is not { DeletedAt: null } manifest || ManifestRules.FindUnreadable(manifest) is not null)
        {
            // Nothing of it is found, or an error that the session's own check reports.
            yield break;
        }

        HashSet<int> missing = [.. Switched(manifest)];
        if (missing.Count > 0)
        {
            await foreach (BlobItem blob in storage.ListAsync(
                BlobNames.SearchOfSession(key, manifest.Incarnation), withMetadata: false, cancellationToken))
            {
                if (BlobNames.FindSearchSegment(blob.Name) is { Part: 0, Number: var number })
                {
                    missing.Remove(number);
                }
            }
        }

        if (missing.Count > 0)
        {
            await merged.ReadAsync(cancellationToken);
            missing.RemoveWhere(n => merged.Has(key, manifest.Incarnation, n));
        }

        foreach (int number in missing.Order())
        {
            if (await IsThereAsync(key, manifest.Incarnation, number, cancellationToken)
                && await SettleAsync(key, manifest.Incarnation, number, cancellationToken) is { } finding)
            {
                yield return finding;
            }
        }
    }

    private static IEnumerable<int> Switched(Manifest manifest) =>
        Enumerable.Range(manifest.ExpiredArchives + 1, manifest.ArchiveCount - manifest.ExpiredArchives)
            .Where(n => manifest.Pending.All(p => p.Number != n));

    private async Task<bool> IsThereAsync(SessionKey key, string incarnation, int number, CancellationToken cancellationToken) =>
        await storage.FindLivingAsync(key, incarnation, cancellationToken) is { } now && number > now.ExpiredArchives;

    // Null: it has gone meanwhile, or another repair wrote it.
    private async Task<Finding?> SettleAsync(SessionKey key, string incarnation, int number, CancellationToken cancellationToken)
    {
        string index = BlobNames.Index(key, incarnation, number);
        AuditedDocument<ArchiveEntry> read = await storage.FindAsync<ArchiveEntry>(index, cancellationToken);
        if (read.Document is not { Counts: not null, CommitId.Value: not null } entry || entry.Number != number)
        {
            return Finding(FindingSeverity.Error, RepairState.None, "its index entry does not lead to its messages");
        }

        if (!options.Repair)
        {
            return Finding(FindingSeverity.Error, RepairState.Writable, "its messages are not found");
        }

        var commit = new CommitAttempt(key, incarnation, entry.CommitId, entry.Attempt);
        bool isWritten;
        try
        {
            isWritten = await indexer.WriteLateAsync(commit, number, entry.Counts.Bytes, cancellationToken);
        }
        catch (ContentionException)
        {
            return null;
        }

        if (!await IsThereAsync(key, incarnation, number, cancellationToken))
        {
            await DeleteAsync(commit, number, cancellationToken);
            return null;
        }

        return isWritten
            ? Finding(FindingSeverity.Information, RepairState.Written, "its messages were not found")
            : Finding(FindingSeverity.Error, RepairState.None, "none of its messages can be read");

        Finding Finding(FindingSeverity severity, RepairState repair, string what) => new(
            FindingKind.ArchiveNotIndexed, severity, key.ToString(), index,
            $"archive {number}: it is not in the search index: {what}", repair);
    }

    private async Task DeleteAsync(CommitAttempt commit, int number, CancellationToken cancellationToken)
    {
        string archive = BlobNames.SearchOfArchive(commit.Session, commit.Incarnation, number);
        await foreach (BlobItem blob in storage.ListAsync(archive, withMetadata: false, cancellationToken))
        {
            await storage.Storage.Container.GetBlobClient(blob.Name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }
    }
}
