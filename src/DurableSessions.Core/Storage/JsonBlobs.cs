using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Errors;

namespace DurableSessions.Core.Storage;

/// <summary>Small JSON documents that are written once.</summary>
internal static class JsonBlobs
{
    /// <summary>The document, or <see langword="null"/> where there is no such blob.</summary>
    public static async Task<T?> FindAsync<T>(this BlobContainerClient container, string name, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            Response<BlobDownloadResult> answer = await container.GetBlobClient(name).DownloadContentAsync(cancellationToken);
            return StoreJson.Read<T>(answer.Value.Content);
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return null;
        }
    }

    /// <summary>
    /// Writes the document unless there is one, and returns the one that is there: the first writer's stands. A lost answer is
    /// harmless: the repeated write finds its own document.
    /// </summary>
    /// <exception cref="ContentionException">One was there, and was deleted before it could be read.</exception>
    public static async Task<T> WriteOnceAsync<T>(
        this BlobContainerClient container, string name, T document, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var options = new BlobUploadOptions
            {
                Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
                HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
            };
            await container.GetBlobClient(name).UploadAsync(StoreJson.Write(document), options, cancellationToken);
            return document;
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet())
        {
            return await container.FindAsync<T>(name, cancellationToken)
                ?? throw new ContentionException($"Blob '{name}' was there and is gone.");
        }
    }
}
