using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Deletion;

/// <summary>
/// Turns a session's manifest into a tombstone by one swap, once its segments are sealed: a host that sees the tombstone knows that
/// no host, not one with an old manifest either, can acknowledge another message into what is gone.
/// </summary>
/// <remarks>A crash before the swap leaves a session whose next append goes on in a new segment.</remarks>
internal sealed class Tombstones(ManifestStore manifests, SegmentStore segments, TimeProvider time)
{
    private const int MaxAttempts = 40;

    /// <summary>
    /// Sets the tombstone, unless it is set, or the session of that id is another one by now. After this no client can find,
    /// append to, or commit this incarnation.
    /// </summary>
    /// <exception cref="ContentionException">Others changed the session all the time.</exception>
    public async Task SetAsync(DeleteInput input, CancellationToken cancellationToken)
    {
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            StoredManifest? stored = await manifests.LoadAsync(input.Session, cancellationToken);
            if (stored is not { Manifest: { DeletedAt: null } manifest } || manifest.Incarnation != input.Incarnation)
            {
                return;
            }

            foreach (SegmentReference segment in manifest.Live.Where(static s => !s.Immutable))
            {
                await segments.TrySealAsync(segment.Name, cancellationToken);
            }

            if (await TrySetAsync(input.Session, stored, cancellationToken))
            {
                return;
            }

            await Backoff.WaitAsync(attempt, time, cancellationToken);
        }

        throw new ContentionException($"Session '{input.Session.Id}' was changed by others {MaxAttempts} times in a row.");
    }

    /// <summary>Sets the tombstone over exactly this manifest, whose segments the caller has sealed.</summary>
    /// <returns>Whether it is set; false where the session was changed since.</returns>
    public async Task<bool> TrySetAsync(SessionKey session, StoredManifest stored, CancellationToken cancellationToken) =>
        await manifests.TryApplyAsync(
            session, stored, m => Transitions.Delete(m, stored.Manifest.Incarnation, time.GetUtcNow()), cancellationToken) is not null;

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
