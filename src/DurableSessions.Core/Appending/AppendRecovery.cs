using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Appending;

/// <summary>
/// Finds out what became of a block that storage refused or did not answer: its messages are in the segment, in the archive that took
/// the segment, or nowhere. Requests that are found stored are completed, and taken out of their group.
/// </summary>
/// <remarks>Changes nothing in storage, but for a segment that it adds where no host has.</remarks>
internal sealed class AppendRecovery(
    SessionKey key, CachedSession session, ManifestStore manifests, SegmentRoller roller, LiveViews views, KeyedMessageLoader loader,
    TimeProvider time)
{
    /// <summary>
    /// Reads what this host does not know of the segment, and looks there for the group. False: the segment has gone, and its archive was
    /// searched.
    /// </summary>
    public async Task<bool> FindInSegmentAsync(List<PendingAppend> group, LiveView view)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        bool there = await views.TryReadTailAsync(
            view.Last,
            message =>
            {
                ids.Add(message.Id);
                session.Add(message);
            },
            CancellationToken.None);
        CompleteFound(group, ids, view);
        if (!there)
        {
            await FindInArchivesAsync(group, view);
        }

        return there;
    }

    /// <summary>
    /// Looks for the group where the segment was archived, switched and deleted meanwhile. An append that storage did not answer is in the
    /// archive that took the segment, or in what that commit retained.
    /// </summary>
    /// <exception cref="ContentionException">Others changed the session all the time.</exception>
    public async Task FindInArchivesAsync(List<PendingAppend> group, LiveView view)
    {
        var ids = group.Select(static a => a.FirstId).ToHashSet(StringComparer.Ordinal);
        for (int attempt = 1; attempt <= AppendConflicts.Max; attempt++)
        {
            StoredManifest? now = await manifests.LoadAsync(key, CancellationToken.None);
            if (now is null || now.Manifest.DeletedAt is not null || now.Manifest.Incarnation != view.Manifest.Incarnation)
            {
                session.Invalidate();
                return;
            }

            if (now.Manifest.Live.All(s => s.Name != view.Last.Name)
                && await loader.TryLocateAsync(key, view.Manifest, now, ids, CancellationToken.None) is { } found)
            {
                CompleteFound(group, found, view);
                session.Invalidate();
                return;
            }

            await Backoff.WaitAsync(attempt, time, CancellationToken.None);
        }

        throw AppendConflicts.TooMany(key);
    }

    /// <summary>
    /// The segment is sealed or full, or has refused a block without having more in it than this host knows. The manifest says where
    /// appends go on; and whether it was the segment that was just read, or one that came back empty once that was switched and deleted.
    /// </summary>
    public async Task ContinueElsewhereAsync(List<PendingAppend> group, LiveView view, bool isSealed)
    {
        StoredManifest? stored = await manifests.LoadAsync(key, CancellationToken.None);
        if (stored is null || !stored.Manifest.Keeps(view.Last.Name))
        {
            await FindInArchivesAsync(group, view);
            return;
        }

        if (isSealed)
        {
            view.Last.IsSealed = true;
            view.Last.IsComplete = true;
            views.Learn(view.Last);
        }

        if (stored.ETag == view.Stored.ETag)
        {
            // No manifest has gone on: no host leaves a segment so, and it must not stop appends for ever.
            await roller.TryRollAsync(key, view.Last.Name);
        }
    }

    private static void CompleteFound(List<PendingAppend> group, HashSet<string> ids, LiveView view)
    {
        foreach (PendingAppend append in group.Where(a => ids.Contains(a.FirstId)).ToList())
        {
            append.Complete(LiveCounts.Of(view));
            group.Remove(append);
        }
    }
}
