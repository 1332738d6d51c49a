using DurableSessions.Core.Sessions;

namespace DurableSessions.Core.Commits;

/// <summary>
/// Ends the cut that a manifest shows: one swap moves what was staged from live to pending. Before it the messages are live,
/// after it they are pending; no reader can ever see them in both or in neither.
/// </summary>
internal sealed class Clearing(ManifestStore manifests, TimeProvider time)
{
    /// <summary>Clears a staged cut, unless it has been cleared or undone meanwhile.</summary>
    public Task<StoredManifest> ClearAsync(
        CommitInput commit, string commitId, int attempt, StagedCounts counts, CancellationToken cancellationToken) =>
        manifests.SwapAsync(
            commit.Session,
            manifest =>
            {
                CommitLedger.EnsureOf(commit, manifest);
                return manifest.Cutting is { } cut && cut.CommitId == commitId && cut.Attempt == attempt
                    ? Clear(commit.Session, manifest, cut, counts, time.GetUtcNow())
                    : null;
            },
            cancellationToken);

    private static Manifest Clear(SessionKey key, Manifest manifest, Cut cut, StagedCounts counts, DateTimeOffset now)
    {
        IEnumerable<SegmentReference> retained = counts.Retained == 0
            ? []
            : [new SegmentReference(ArchiveStore.RetainedName(key, manifest.Incarnation, cut.CommitId, cut.Attempt), Frozen: true)];
        var pending = new PendingArchive
        {
            CommitId = cut.CommitId,
            Attempt = cut.Attempt,
            Number = manifest.ArchiveCount + 1,
            Counts = counts,
            Segments = [.. manifest.Live.Take(cut.Segments).Select(static s => s.Name)],
            ClearedAt = now,
        };
        return manifest with
        {
            Live = [.. retained, .. manifest.Live.Skip(cut.Segments)],
            Cutting = null,
            Pending = [.. manifest.Pending, pending],
            ArchiveCount = pending.Number,
            DecidedCount = manifest.DecidedCount + 1,
            ArchivedMessages = manifest.ArchivedMessages + counts.Messages,
            KeepRecentCount = cut.IsIdle ? manifest.KeepRecentCount : cut.Turns is null ? cut.KeepRecent : cut.AskedKeepRecent,
            TurnRetention = cut.Turns,
            LastCommitAt = now,
            LastAutoCommitAt = CommitId.IsAutomatic(cut.CommitId) ? now : manifest.LastAutoCommitAt,
            LastArchivedMessageAt = counts.LastMessageAt ?? manifest.LastArchivedMessageAt,
        };
    }
}
