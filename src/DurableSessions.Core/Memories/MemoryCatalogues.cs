using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Memories;

/// <summary>
/// Reads and swaps catalogues: each is replaced only with <c>If-Match</c>, so that no host overwrites a change that it has not read.
/// </summary>
internal sealed class MemoryCatalogues(SessionStorage storage)
{
    /// <summary>The catalogue; an empty one where the user has no memories.</summary>
    public async Task<StoredCatalogue> LoadAsync(UserKey user, MemoryShelf shelf, CancellationToken cancellationToken)
    {
        try
        {
            Response<BlobDownloadResult> answer = await Blob(user, shelf).DownloadContentAsync(cancellationToken);
            return new StoredCatalogue(StoreJson.Read<MemoryCatalogue>(answer.Value.Content), answer.Value.Details.ETag);
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return new StoredCatalogue(new MemoryCatalogue(), null);
        }
    }

    /// <summary>One compare-and-swap. False: another catalogue is there by now, which may hold this one's changes and more.</summary>
    public async Task<bool> TrySwapAsync(
        UserKey user, MemoryShelf shelf, StoredCatalogue current, MemoryCatalogue changed, CancellationToken cancellationToken)
    {
        MemoryCatalogue next = changed with { Generation = current.Catalogue.Generation + 1, WriteId = Guid.NewGuid().ToString("N") };
        var options = new BlobUploadOptions
        {
            Conditions = current.ETag is { } etag
                ? new BlobRequestConditions { IfMatch = etag }
                : new BlobRequestConditions { IfNoneMatch = ETag.All },
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
        };
        try
        {
            await Blob(user, shelf).UploadAsync(StoreJson.Write(next), options, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet() || e.IsNotFound())
        {
            // Either another host was first, or this very write was applied, its answer lost, and the SDK sent it again.
            return (await LoadAsync(user, shelf, cancellationToken)).Catalogue.WriteId == next.WriteId;
        }
    }

    /// <summary>The user's own memories, and those of the peers that are asked for.</summary>
    public async Task<IReadOnlyList<MemoryInfo>> ReadAsync(UserKey user, MemoryView view, CancellationToken cancellationToken)
    {
        MemoryShelf[] shelves = view.HasPeers ? [MemoryShelf.Own, MemoryShelf.Peers] : [MemoryShelf.Own];
        StoredCatalogue[] stored = await Task.WhenAll(shelves.Select(s => LoadAsync(user, s, cancellationToken)));
        return [.. stored.SelectMany(static s => s.Catalogue.Memories).Where(view.Has)];
    }

    /// <summary>The blob of a catalogue.</summary>
    public static string Name(UserKey user, MemoryShelf shelf) =>
        shelf == MemoryShelf.Own ? BlobNames.MemoryCatalogue(user) : BlobNames.PeersCatalogue(user);

    private BlobClient Blob(UserKey user, MemoryShelf shelf) => storage.Container.GetBlobClient(Name(user, shelf));
}
