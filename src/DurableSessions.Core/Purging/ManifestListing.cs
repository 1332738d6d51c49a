using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Purging;

/// <summary>The manifests of all sessions: one listing for each 5,000 of them, with what their metadata says.</summary>
internal sealed class ManifestListing(SessionStorage storage, TimeProvider time)
{
    /// <summary>Each page, with the time that was so long ago when storage answered.</summary>
    /// <param name="retention">How long.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async IAsyncEnumerable<(IReadOnlyList<OldManifest> Page, DateTimeOffset Before)> ListAsync(
        TimeSpan retention, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = new GetBlobsOptions { Prefix = BlobNames.Manifests, Traits = BlobTraits.Metadata };
        await foreach (Page<BlobItem> page in storage.Container.GetBlobsAsync(options, cancellationToken).AsPages())
        {
            // A machine whose clock is ahead deletes nothing early.
            DateTimeOffset now = time.GetUtcNow();
            DateTimeOffset before = (page.GetRawResponse().Headers.Date is { } there && there < now ? there : now) - retention;
            yield return ([.. page.Values.Select(OldManifest.Of).OfType<OldManifest>()], before);
        }
    }
}
