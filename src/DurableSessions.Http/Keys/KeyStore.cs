using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Http.Keys;

/// <summary>
/// The keys in storage: one blob, <c>keys/keys.json</c>, replaced by compare-and-swap. So a host learns of every change by one conditional
/// request. Once there is the blob there is key mode, and it stays when the last key is revoked: nobody is let in then.
/// </summary>
/// <param name="container">The container that holds everything.</param>
/// <param name="time">Dates new keys.</param>
public sealed class KeyStore(BlobContainerClient container, TimeProvider time)
{
    /// <summary>The name of the blob.</summary>
    public const string BlobName = "keys/keys.json";

    /// <summary>How many keys there can be at a time.</summary>
    public const int MaxKeys = 10_000;

    private const int Attempts = 20;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly BlobClient _blob = container.GetBlobClient(BlobName);

    /// <summary>Makes a key of a user, or, without one, an operator's.</summary>
    /// <returns>The key, which is nowhere else and cannot be told again, and what was stored of it.</returns>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxKeys"/>.</exception>
    public async Task<(string Text, ApiKey Key)> AddAsync(string? account, string? user, CancellationToken cancellationToken)
    {
        (string id, string text) = KeyText.Create();
        var key = new ApiKey(id, KeyText.Hash(text), account, user, time.GetUtcNow());
        await ChangeAsync(
            keys => keys.Contains(key) ? keys
                : keys.Count < MaxKeys ? [.. keys, key]
                : throw new InvalidOperationException($"There are {MaxKeys} keys, and there cannot be more: revoke some."),
            cancellationToken);
        return (text, key);
    }

    /// <summary>Takes a key back. False: there is none of that id.</summary>
    public Task<bool> RevokeAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync(keys => [.. keys.Where(k => k.Id != id)], cancellationToken);

    /// <summary>All keys, oldest first; <see langword="null"/> where there never was one.</summary>
    public async Task<IReadOnlyList<ApiKey>?> ListAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(known: null, cancellationToken)).Keys;

    /// <summary>The keys, unless they are the ones that are known already.</summary>
    /// <param name="known">What was read before.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RequestFailedException">Storage does not say; also where the container is missing.</exception>
    internal async Task<StoredKeys> ReadAsync(StoredKeys? known, CancellationToken cancellationToken)
    {
        try
        {
            var options = new BlobDownloadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = known?.ETag } };
            Response<BlobDownloadResult> answer = await _blob.DownloadContentAsync(options, cancellationToken);
            return answer.GetRawResponse().Status == 304 ? known! : Read(answer.Value);
        }
        catch (RequestFailedException e) when (e.Status == 304 && known is not null)
        {
            return known;
        }
        catch (RequestFailedException e) when (e.Status == 404 && e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            // Any other 404, of a missing container or of something between here and storage, says nothing about keys: a host that took
            // it for none would believe every caller.
            return StoredKeys.None;
        }
    }

    private static StoredKeys Read(BlobDownloadResult blob) => new(
        blob.Details.ETag,
        JsonSerializer.Deserialize<List<ApiKey>>(blob.Content.ToMemory().Span, Json) ?? throw new FormatException($"Blob '{BlobName}' is empty."));

    // False: nothing was to be changed. A lost answer is harmless: the change, made again on what is there, finds itself done.
    private async Task<bool> ChangeAsync(Func<IReadOnlyList<ApiKey>, IReadOnlyList<ApiKey>> change, CancellationToken cancellationToken)
    {
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            StoredKeys stored = await ReadAsync(known: null, cancellationToken);
            IReadOnlyList<ApiKey> before = stored.Keys ?? [];
            IReadOnlyList<ApiKey> after = change(before);
            if (after.Count == before.Count)
            {
                return attempt > 1;
            }

            var options = new BlobUploadOptions
            {
                Conditions = stored.ETag is { } etag ? new BlobRequestConditions { IfMatch = etag } : new BlobRequestConditions { IfNoneMatch = ETag.All },
                HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
            };
            try
            {
                await _blob.UploadAsync(new BinaryData(JsonSerializer.SerializeToUtf8Bytes(after, Json)), options, cancellationToken);
                return true;
            }
            catch (RequestFailedException e) when (e.Status is 409 or 412)
            {
                // Somebody else changed them first, or the answer to our own change was lost: look again.
            }
        }

        throw new TimeoutException($"The keys changed {Attempts} times while they were to be changed here; try again.");
    }
}
