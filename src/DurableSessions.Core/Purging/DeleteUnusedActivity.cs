using DurableSessions.Core.Deletion;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Purging;

/// <summary>
/// Sets the tombstone of an unused session and starts its deletion. False: it is used, or gone.
/// </summary>
/// <remarks>
/// A message that comes meanwhile is never lost. A segment is sealed only as it was when it was found old: a message that is stored before
/// fails the seal, and the session stays; one that comes later finds the segment sealed, and goes on in a new one, which fails the
/// tombstone's swap, or finds the tombstone, and begins a new session. A commit that was accepted keeps the session; one that is accepted
/// after the last look is ended by the deletion, as by one that its user asks for. A crash after the seal leaves a session whose next
/// message goes on in a new segment. After the tombstone this runs again and starts the deletion, also where a new session has been created
/// over the tombstone: what a deletion deletes has the incarnation in its name.
/// </remarks>
internal sealed class DeleteUnusedActivity(
    UnusedSessions unused, ManifestStore manifests, Tombstones tombstones, Deletions deletions, ILogger<DeleteUnusedActivity> logger)
    : TaskActivity<ExpireInput, bool>
{
    public override async Task<bool> RunAsync(TaskActivityContext context, ExpireInput input)
    {
        CancellationToken cancellationToken = context.CancellationToken;
        if (!await IsDeletedAsync(input, cancellationToken))
        {
            return false;
        }

        await deletions.StartAsync(input.Session, input.Incarnation, cancellationToken);
        logger.UnusedSessionDeleted(input.Session, input.Before);
        return true;
    }

    private async Task<bool> IsDeletedAsync(ExpireInput input, CancellationToken cancellationToken)
    {
        StoredManifest? stored = await manifests.LoadAsync(input.Session, cancellationToken);
        if (stored is { Manifest: { DeletedAt: null } manifest } && manifest.Incarnation == input.Incarnation)
        {
            return stored.ETag.ToString() == input.Manifest
                && await unused.TrySealAsync(input.Session, stored, input.Before, cancellationToken)
                && (await tombstones.TrySetAsync(input.Session, stored, cancellationToken)
                    || await manifests.LoadAsync(input.Session, cancellationToken) is { Manifest: var now } && IsGone(now, input));
        }

        return stored is not null && IsGone(stored.Manifest, input);
    }

    private static bool IsGone(Manifest manifest, ExpireInput input) =>
        manifest.DeletedAt is not null || manifest.Incarnation != input.Incarnation;
}
