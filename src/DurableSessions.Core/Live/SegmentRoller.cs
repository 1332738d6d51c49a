using Azure;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Live;

/// <summary>Has the appends to a session go on in a new segment, long before the last one can take no more.</summary>
/// <remarks>
/// A crash before the swap leaves an empty segment that no manifest names; after it, an old one that is not sealed yet. Nothing is
/// acknowledged in the new one before the old one is sealed: a host that opens a view seals it.
/// </remarks>
internal sealed class SegmentRoller(ManifestStore manifests, SegmentStore segments, LiveViews views)
{
    /// <summary>Rolls, unless another host has. Where storage does not let it, nothing is lost: the next append rolls.</summary>
    public async Task TryRollAsync(SessionKey key, string full)
    {
        try
        {
            StoredManifest? known = await manifests.GetKnownAsync(key, CancellationToken.None);
            if (known is null || known.Manifest.Last.Name != full || known.Manifest.DeletedAt is not null)
            {
                return;
            }

            FreshSegment fresh = await segments.CreateAsync(
                key, known.Manifest.Incarnation, known.Manifest.NextSegment, CancellationToken.None);
            views.LearnCreated(fresh.Name);
            await manifests.ApplyAsync(
                key, known, m => Transitions.AddSegment(m, known.Manifest.Incarnation, full, fresh), CancellationToken.None);
        }
        catch (Exception e) when (e is RequestFailedException or ContentionException || StorageErrors.IsUnknownOutcome(e))
        {
            // The messages are stored. What was created may be named by now, so it is left alone.
        }
    }
}
