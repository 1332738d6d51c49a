using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Benchmarks;

/// <summary>Fills a store with blobs after the likeness of one that a host has made.</summary>
internal static class Likenesses
{
    private const int Writers = 16;

    /// <summary>Writes blobs whose name and content have another part in place of one.</summary>
    /// <param name="container">Where.</param>
    /// <param name="prefix">How the name of the one begins.</param>
    /// <param name="part">The part of its name.</param>
    /// <param name="count">How many blobs.</param>
    /// <param name="other">The part of each in its place.</param>
    public static async Task CopyAsync(BlobContainerClient container, string prefix, string part, int count, Func<int, string> other)
    {
        BlobItem first = await container.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix, Traits = BlobTraits.Metadata })
            .FirstAsync(b => b.Name.Contains(part, StringComparison.Ordinal));
        string content = (await container.GetBlobClient(first.Name).DownloadContentAsync()).Value.Content.ToString();
        var options = new ParallelOptions { MaxDegreeOfParallelism = Writers };
        await Parallel.ForEachAsync(Enumerable.Range(0, count), options, async (i, token) =>
        {
            string name = first.Name.Replace(part, other(i), StringComparison.Ordinal);
            await container.GetBlobClient(name).UploadAsync(
                BinaryData.FromString(content.Replace(part, other(i), StringComparison.Ordinal)),
                new BlobUploadOptions { Metadata = first.Metadata },
                token);
        });
    }
}
