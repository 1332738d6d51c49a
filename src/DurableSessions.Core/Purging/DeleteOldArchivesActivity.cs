using DurableSessions.Core.Archives;
using DurableSessions.Core.Merging;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Purging;

/// <summary>
/// Deletes the oldest archives of a session, <see cref="OldArchives.AtOnce"/> at most: first one swap of the manifest, from which on no
/// reader finds them, then what merged segments of the search index have of them, then the blobs of each, the oldest archive first, and of
/// each its index entry last.
/// </summary>
/// <remarks>
/// <para>What a crash leaves, request by request:</para>
/// <list type="bullet">
/// <item>before the swap: the archives as they were;</item>
/// <item>after it: archives that no reader finds. Run again, this finds them by their index entries, also those that an instance which an
/// operator has terminated has left, and deletes them; an audit reports them as orphans where none runs;</item>
/// <item>after the entry of an archive: the records of its commit, which stay.</item>
/// </list>
/// <para>What may still be written under an archive that has expired, each by a host that was stalled for days, or by storage carrying out
/// a copy of a request late: its messages, digests, answers and memory diffs, which are written where there is none (If-None-Match), and
/// its entry, by a second switch of its commit. No document refers to these, and readers ask the manifest first: they are deleted by the
/// next expiry where there is the entry, and by a repair. A change of the entry has the ETag of the one that is gone, and fails.</para>
/// <para>A deletion of the session at the same time deletes the same: each blob once.</para>
/// </remarks>
internal sealed class DeleteOldArchivesActivity(
    OldArchives old, ManifestStore manifests, ArchiveStore archives, IndexMerger index, ILogger<DeleteOldArchivesActivity> logger)
    : TaskActivity<ExpireArchivesInput, ExpireArchivesProgress>
{
    public override async Task<ExpireArchivesProgress> RunAsync(TaskActivityContext context, ExpireArchivesInput input)
    {
        CancellationToken cancellationToken = context.CancellationToken;
        StoredManifest? stored = await manifests.LoadAsync(input.Session, cancellationToken);
        if (stored is not { Manifest: { DeletedAt: null } manifest } || manifest.Incarnation != input.Incarnation)
        {
            return new ExpireArchivesProgress(0, IsDone: true);
        }

        FoundArchives found = await old.FindAsync(input.Session, manifest, input.Before, OldArchives.AtOnce, cancellationToken);
        if (found.UpTo is { } upTo)
        {
            stored = await manifests.ApplyAsync(
                input.Session,
                stored,
                m => Transitions.ExpireArchives(m, input.Incarnation, upTo, found.OldestAt),
                cancellationToken);
        }

        if (found.Entries.Count > 0 && stored is not null)
        {
            await index.CleanAsync(
                input.Session.Owner,
                a => a.SessionId == input.Session.Id && a.Incarnation == input.Incarnation
                    && a.Number <= stored.Manifest.ExpiredArchives,
                cancellationToken);
        }

        int deleted = 0;
        foreach (ArchiveEntry entry in found.Entries.Where(e => e.Number <= stored?.Manifest.ExpiredArchives))
        {
            await archives.DeleteArchiveAsync(input.Session, input.Incarnation, entry, cancellationToken);
            deleted++;
        }

        if (deleted > 0)
        {
            logger.ArchivesExpired(input.Session, deleted, stored!.Manifest.ExpiredArchives);
        }

        return new ExpireArchivesProgress(deleted, IsDone: deleted < OldArchives.AtOnce);
    }
}
