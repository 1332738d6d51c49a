using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Deletion;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Purging;

/// <summary>
/// Sessions in which nothing was written for long: no message, commit, deletion or change of settings. What only reads a session does not
/// count. They are found by one listing for each 5,000 sessions that there are, and two requests for each whose manifest is old.
/// </summary>
public sealed class UnusedSessions
{
    private readonly SessionStorage _storage;
    private readonly ManifestStore _manifests;
    private readonly SegmentStore _segments;
    private readonly Tombstones _tombstones;
    private readonly Deletions _deletions;
    private readonly ILogger<UnusedSessions> _logger;

    internal UnusedSessions(
        SessionStorage storage, ManifestStore manifests, SegmentStore segments, Tombstones tombstones, Deletions deletions,
        ILogger<UnusedSessions> logger)
    {
        _storage = storage;
        _manifests = manifests;
        _segments = segments;
        _tombstones = tombstones;
        _deletions = deletions;
        _logger = logger;
    }

    /// <summary>Finds them, and changes nothing.</summary>
    /// <param name="before">Since when nothing was written.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>
    /// They as they come, without those that have a commit on its way. One whose documents cannot be read is not among them: the log has
    /// it.
    /// </returns>
    public async IAsyncEnumerable<UnusedSession> FindAsync(
        DateTimeOffset before, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (IReadOnlyList<OldManifest> page in ListAsync(before, cancellationToken))
        {
            foreach (OldManifest old in page.Where(static o => !o.IsTombstone))
            {
                if (await TryAsync(old.Session, () => FindUnusedAsync(old, before, cancellationToken), cancellationToken) is { } found)
                {
                    yield return new UnusedSession(old.Session, found.LastWrittenAt);
                }
            }
        }
    }

    /// <summary>
    /// Deletes what <see cref="FindAsync"/> finds, as its user would, and goes on with deletions of which a crash has left a tombstone
    /// alone.
    /// </summary>
    /// <param name="before">Since when nothing was written.</param>
    /// <param name="cancellationToken">Ends it between two requests.</param>
    /// <returns>How many sessions were deleted.</returns>
    /// <remarks>
    /// A message that comes meanwhile is never lost. A segment is sealed only as it was when it was found old: a message that is stored
    /// before fails the seal, and the session stays; one that comes later finds the segment sealed, and goes on in a new one, which fails
    /// the tombstone's swap, or finds the tombstone, and begins a new session. A crash after the seal leaves a session whose next message
    /// goes on in a new segment; without one it is old once more when the seal is. A crash after the tombstone leaves blobs that no client
    /// can read until the next run, a day later, starts their deletion.
    /// </remarks>
    public async Task<int> DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        int deleted = 0;
        await foreach (IReadOnlyList<OldManifest> page in ListAsync(before, cancellationToken))
        {
            foreach (OldManifest old in page)
            {
                deleted += await DeleteAsync(old, before, cancellationToken) ? 1 : 0;
            }
        }

        return deleted;
    }

    internal async IAsyncEnumerable<IReadOnlyList<OldManifest>> ListAsync(
        DateTimeOffset before, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = new GetBlobsOptions { Prefix = BlobNames.Manifests, Traits = BlobTraits.Metadata };
        await foreach (Page<BlobItem> page in _storage.Container.GetBlobsAsync(options, cancellationToken).AsPages())
        {
            yield return [.. page.Values.Select(OldManifest.Of).OfType<OldManifest>().Where(o => o.WrittenAt < before)];
        }
    }

    internal async Task<bool> DeleteAsync(OldManifest old, DateTimeOffset before, CancellationToken cancellationToken) =>
        await TryAsync(
            old.Session,
            async () => old.IsTombstone
                ? await ResumeAsync(old.Session, cancellationToken)
                : await TryDeleteAsync(old, before, cancellationToken),
            cancellationToken);

    private async Task<bool> TryDeleteAsync(OldManifest old, DateTimeOffset before, CancellationToken cancellationToken)
    {
        if (await FindUnusedAsync(old, before, cancellationToken) is not { } unused
            || !await SealAsync(unused, cancellationToken)
            || !await _tombstones.TrySetAsync(old.Session, unused.Stored, cancellationToken))
        {
            return false;
        }

        await _deletions.StartAsync(old.Session, unused.Stored.Manifest.Incarnation, cancellationToken);
        _logger.UnusedSessionDeleted(old.Session, unused.LastWrittenAt);
        return true;
    }

    // The tombstone is as old as a session that is deleted: its deletion should have removed it long ago.
    private async Task<bool> ResumeAsync(SessionKey session, CancellationToken cancellationToken)
    {
        if (await _manifests.LoadAsync(session, cancellationToken) is { Manifest: { DeletedAt: not null } tombstone })
        {
            await _deletions.StartAsync(session, tombstone.Incarnation, cancellationToken);
        }

        return false;
    }

    private async Task<Found?> FindUnusedAsync(OldManifest old, DateTimeOffset before, CancellationToken cancellationToken)
    {
        // The manifest may have been written since it was listed. A commit that has cut, or cleared, brings it to its own end first.
        if (await _manifests.LoadAsync(old.Session, cancellationToken) is not { Manifest: { DeletedAt: null } manifest } stored
            || manifest.UpdatedAt >= before
            || manifest.Cutting is not null
            || manifest.Pending.Count > 0)
        {
            return null;
        }

        DateTimeOffset last = old.WrittenAt;
        var open = new List<SeenSegment>();
        foreach (SegmentReference segment in manifest.Live.Where(static s => !s.Immutable))
        {
            if (await _segments.LookAsync(segment.Name, cancellationToken) is not { } seen || seen.WrittenAt >= before)
            {
                return null;
            }

            last = seen.WrittenAt > last ? seen.WrittenAt : last;
            if (!seen.IsSealed)
            {
                open.Add(seen);
            }
        }

        return new Found(stored, open, last);
    }

    private async Task<bool> SealAsync(Found unused, CancellationToken cancellationToken)
    {
        foreach (SeenSegment segment in unused.Open)
        {
            if (!await _segments.TrySealAsync(segment, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    // A session that cannot be read, or deleted, holds up no other.
    private async Task<T?> TryAsync<T>(SessionKey session, Func<Task<T>> act, CancellationToken cancellationToken)
    {
        try
        {
            return await act();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _logger.UnusedSessionKept(e, session);
            return default;
        }
    }

    private sealed record Found(StoredManifest Stored, IReadOnlyList<SeenSegment> Open, DateTimeOffset LastWrittenAt);
}
