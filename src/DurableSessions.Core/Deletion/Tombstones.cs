using DurableSessions.Core.Sessions;

namespace DurableSessions.Core.Deletion;

/// <summary>
/// Turns a session's manifest into a tombstone by one swap, and seals its segments: a host that has not heard of it would
/// otherwise go on to acknowledge messages into a session that is gone.
/// </summary>
/// <remarks>
/// A crash before the swap leaves the session as it was; a crash between swap and seals leaves a tombstone nobody was told of
/// yet: run again, it seals.
/// </remarks>
internal sealed class Tombstones(ManifestStore manifests, SegmentStore segments, TimeProvider time)
{
    /// <summary>
    /// Sets the tombstone, unless it is set, or the session of that id is another one by now. After this nobody can find,
    /// append to, or commit this incarnation.
    /// </summary>
    public async Task SetAsync(DeleteInput input, CancellationToken cancellationToken)
    {
        if (await SwapAsync(input, cancellationToken) is not { } manifest || manifest.Incarnation != input.Incarnation)
        {
            return;
        }

        foreach (SegmentReference segment in manifest.Live.Where(static s => !s.Frozen))
        {
            await segments.TrySealAsync(segment.Name, cancellationToken);
        }
    }

    private async Task<Manifest?> SwapAsync(DeleteInput input, CancellationToken cancellationToken)
    {
        if (await manifests.LoadAsync(input.Session, cancellationToken) is not { } stored)
        {
            return null;
        }

        try
        {
            StoredManifest swapped = await manifests.SwapAsync(
                input.Session,
                stored,
                m => m.Incarnation != input.Incarnation || m.DeletedAt is not null ? null : m with { DeletedAt = time.GetUtcNow() },
                cancellationToken);
            return swapped.Manifest;
        }
        catch (SessionNotFoundException)
        {
            // Gone altogether: another run of this orchestration is ahead.
            return null;
        }
    }

    /// <summary>Removes the tombstone, unless a session of that id has been created over it.</summary>
    public async Task RemoveAsync(DeleteInput input, CancellationToken cancellationToken)
    {
        if (await manifests.LoadAsync(input.Session, cancellationToken) is { } stored
            && stored.Manifest.Incarnation == input.Incarnation
            && stored.Manifest.DeletedAt is not null)
        {
            await manifests.RemoveAsync(input.Session, stored, cancellationToken);
        }
    }
}
