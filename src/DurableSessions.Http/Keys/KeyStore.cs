using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Http.Keys;

/// <summary>
/// The keys in storage: one blob, <c>keys/keys.json</c>, replaced by compare-and-swap on its ETag, so that a host sees every change by one
/// conditional request. Once the blob exists, requests need a key, also after the last key is revoked: then every request is refused.
/// </summary>
/// <remarks>
/// The container's metadata say that it has keys (<see cref="Mark"/>), so that a blob that was deleted is not taken for one that never was.
/// The mark is written before the first key. A process that dies between the two leaves a container that needs keys and has none: hosts
/// refuse every request, and the next <see cref="AddAsync(NewKey, CancellationToken)"/> writes the blob. The other order could leave keys
/// without a mark. Azure Storage takes no <c>If-Match</c> for a container's metadata, so another program that changes them in the same
/// moment may undo the mark; every change of a key and every start of a host with keys writes it again.
/// </remarks>
/// <param name="container">The container of the service.</param>
/// <param name="time">The clock that dates new keys.</param>
public sealed class KeyStore(BlobContainerClient container, TimeProvider time)
{
    /// <summary>The name of the blob.</summary>
    public const string BlobName = "keys/keys.json";

    /// <summary>The name in the container's metadata that says that the container has had keys.</summary>
    public const string Mark = "durable_sessions_keys";

    /// <summary>The most keys at a time.</summary>
    public const int MaxKeys = 10_000;

    /// <summary>The longest overlap of a rotation.</summary>
    public static TimeSpan MaxOverlap { get; } = TimeSpan.FromHours(720);

    internal const string MissingMessage = $"The container has had keys, but its blob {BlobName} is missing, so no request can be "
        + "authenticated. Restore the blob, or make new keys with 'keys add'.";

    /// <summary>Before the id of a key: the blob whose last change says when it was used.</summary>
    internal const string UsePrefix = "keys/used/";

    private const int Attempts = 20;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly BlobClient _blob = container.GetBlobClient(BlobName);

    /// <summary>Creates a key of a user; without a user, an operator's key.</summary>
    /// <returns>The text of the key, which is not stored and cannot be read again, and what was stored of it.</returns>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxKeys"/> keys already.</exception>
    public Task<(string Text, ApiKey Key)> AddAsync(string? account, string? user, CancellationToken cancellationToken) =>
        AddAsync(new NewKey(account, user), cancellationToken);

    /// <summary>Creates a key.</summary>
    /// <returns>The text of the key, which is not stored and cannot be read again, and what was stored of it.</returns>
    /// <exception cref="ArgumentException">The name or the lifetime is not valid.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxKeys"/> keys already.</exception>
    public async Task<(string Text, ApiKey Key)> AddAsync(NewKey what, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(what);
        Check(what);
        (string id, string text) = KeyText.Create();
        ApiKey key = Make(id, text, time.GetUtcNow(), what);
        await ChangeAsync(
            keys => keys.Contains(key) ? keys : [.. WithRoom(keys), key],
            cancellationToken);
        return (text, key);
    }

    /// <summary>
    /// Makes a key with the owner, the name, the scope and the lifetime of another one, which expires after an overlap, or before where it
    /// would have anyway. One compare-and-swap does both: either both keys are stored so, or the old one is as it was.
    /// </summary>
    /// <remarks>
    /// A process that dies, or whose caller goes away, after the compare-and-swap leaves a valid key whose text was never shown. The old
    /// key names it (<see cref="ApiKey.RotatedTo"/>), the list has it, and another rotation of the old key is refused, and says so: two
    /// keys are valid at a time, not three. It is revoked by its id, and the old key rotated again, which does not prolong the overlap.
    /// </remarks>
    /// <param name="id">The id of the key that is to be replaced. It may have expired.</param>
    /// <param name="overlap">How long both are valid: 0 to <see cref="MaxOverlap"/>.</param>
    /// <param name="cancellationToken">Stops it; whether the keys are rotated is open then, as after a lost answer.</param>
    /// <returns>The text of the new key, it, and the old one as it is now; <see langword="null"/> where no key has this id.</returns>
    /// <exception cref="InvalidOperationException">
    /// The key that takes its place is there already, or there are <see cref="MaxKeys"/> keys.
    /// </exception>
    public async Task<(string Text, ApiKey Key, ApiKey Old)?> RotateAsync(string id, TimeSpan overlap, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(overlap, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(overlap, MaxOverlap);
        (string newId, string text) = KeyText.Create();
        DateTimeOffset now = time.GetUtcNow();
        (ApiKey New, ApiKey Old)? rotated = null;
        await ChangeAsync(
            keys =>
            {
                if (keys.Any(k => k.Id == newId))
                {
                    return keys;
                }

                rotated = null;
                if (keys.FirstOrDefault(k => k.Id == id) is not { } old)
                {
                    return keys;
                }

                if (old.RotatedTo is { } next && keys.Any(k => k.Id == next))
                {
                    throw new InvalidOperationException(
                        $"Key {id} was rotated already: key {next} takes its place. If that one was never shown, revoke it, and rotate "
                        + "again.");
                }

                DateTimeOffset end = now + overlap;
                ApiKey retiring = old with { ExpiresAt = old.ExpiresAt < end ? old.ExpiresAt : end, RotatedTo = newId };
                ApiKey made = Make(newId, text, now, new NewKey(old.Account, old.User)
                {
                    Name = old.Name,
                    LifetimeDays = old.LifetimeDays,
                    IsReadOnly = old.IsReadOnly,
                });
                rotated = (made, retiring);
                return [.. WithRoom(keys).Select(k => k.Id == id ? retiring : k), made];
            },
            cancellationToken);
        return rotated is { } done ? (text, done.New, done.Old) : null;
    }

    /// <summary>Revokes a key. Returns false where no key has this id.</summary>
    /// <remarks>
    /// What says when it was used is removed too where storage allows it. What stays, and what a host writes that has not seen the change
    /// yet, is an empty blob.
    /// </remarks>
    public async Task<bool> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        bool isRevoked = await ChangeAsync(keys => [.. keys.Where(k => k.Id != id)], cancellationToken);
        if (isRevoked)
        {
            try
            {
                await container.DeleteBlobIfExistsAsync(UsePrefix + id, cancellationToken: cancellationToken);
            }
            catch (Exception e) when (e is RequestFailedException or AggregateException or OperationCanceledException)
            {
                // The key is revoked all the same.
            }
        }

        return isRevoked;
    }

    /// <summary>
    /// When keys were used last, by their ids, to the day: a host notes the first use on each UTC day. A key that never was used is not
    /// among them; one that was revoked may be.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, DateOnly>> ListUsesAsync(CancellationToken cancellationToken)
    {
        var days = new Dictionary<string, DateOnly>(StringComparer.Ordinal);
        var listing = new GetBlobsOptions { Prefix = UsePrefix };
        await foreach (BlobItem blob in container.GetBlobsAsync(listing, cancellationToken))
        {
            days[blob.Name[UsePrefix.Length..]] = DateOnly.FromDateTime(blob.Properties.LastModified!.Value.UtcDateTime);
        }

        return days;
    }

    /// <summary>All keys, oldest first; <see langword="null"/> where no key was ever created.</summary>
    /// <exception cref="InvalidOperationException">The container has had keys, but their blob is missing.</exception>
    public async Task<IReadOnlyList<ApiKey>?> ListAsync(CancellationToken cancellationToken)
    {
        StoredKeys stored = await ReadAsync(known: null, cancellationToken);
        return stored.AreMissing ? throw new InvalidOperationException(MissingMessage) : stored.Keys;
    }

    /// <summary>Notes that a key is used now.</summary>
    internal Task NoteUseAsync(string id, CancellationToken cancellationToken) =>
        container.GetBlobClient(UsePrefix + id).UploadAsync(BinaryData.Empty, overwrite: true, cancellationToken);

    /// <summary>Has the container's metadata say that it has keys; what else they hold stays.</summary>
    /// <exception cref="RequestFailedException">Storage is unavailable or refuses.</exception>
    internal async Task MarkAsync(CancellationToken cancellationToken)
    {
        BlobContainerProperties properties = await container.GetPropertiesAsync(cancellationToken: cancellationToken);
        if (!IsMarked(properties))
        {
            var metadata = new Dictionary<string, string>(properties.Metadata, StringComparer.OrdinalIgnoreCase) { [Mark] = "true" };
            await container.SetMetadataAsync(metadata, cancellationToken: cancellationToken);
        }
    }

    /// <summary>The keys; <paramref name="known"/> itself where they have not changed.</summary>
    /// <param name="known">The result of an earlier read; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="RequestFailedException">Storage is unavailable, or the container does not exist.</exception>
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
            // Any other 404, of a missing container or of a proxy, says nothing about keys: a host that read it as "no keys" would not
            // authenticate requests.
            BlobContainerProperties properties = await container.GetPropertiesAsync(cancellationToken: cancellationToken);
            return IsMarked(properties) ? StoredKeys.Missing : StoredKeys.None;
        }
    }

    private static void Check(NewKey what)
    {
        if (what.Name is { } name && !NewKey.IsValidName(name))
        {
            throw new ArgumentException($"A key's name is 1 to {NewKey.MaxNameLength} printed characters.", nameof(what));
        }

        if (what.LifetimeDays is < 1 or > NewKey.MaxLifetimeDays)
        {
            throw new ArgumentException($"A key is valid for 1 to {NewKey.MaxLifetimeDays} days.", nameof(what));
        }
    }

    private static ApiKey Make(string id, string text, DateTimeOffset now, NewKey what) =>
        new(id, KeyText.Hash(text), what.Account, what.User, now)
        {
            Name = what.Name,
            ExpiresAt = what.LifetimeDays is { } days ? now.AddDays(days) : null,
            LifetimeDays = what.LifetimeDays,
            IsReadOnly = what.IsReadOnly,
        };

    private static IReadOnlyList<ApiKey> WithRoom(IReadOnlyList<ApiKey> keys) => keys.Count < MaxKeys
        ? keys
        : throw new InvalidOperationException($"There are {MaxKeys} keys, and there cannot be more: revoke some.");

    private static bool IsMarked(BlobContainerProperties properties) =>
        properties.Metadata.Keys.Contains(Mark, StringComparer.OrdinalIgnoreCase);

    private static StoredKeys Read(BlobDownloadResult blob) => new(
        blob.Details.ETag,
        JsonSerializer.Deserialize<List<ApiKey>>(blob.Content.ToMemory().Span, Json)
            ?? throw new FormatException($"Blob '{BlobName}' is empty."));

    // False: there was nothing to change. A lost response is harmless: the change is applied again to the stored keys, and has no effect.
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
                Conditions = stored.ETag is { } etag
                    ? new BlobRequestConditions { IfMatch = etag }
                    : new BlobRequestConditions { IfNoneMatch = ETag.All },
                HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
            };
            try
            {
                await MarkAsync(cancellationToken);
                await _blob.UploadAsync(new BinaryData(JsonSerializer.SerializeToUtf8Bytes(after, Json)), options, cancellationToken);
                return true;
            }
            catch (RequestFailedException e) when (e.Status is 409 or 412)
            {
                // Another process changed the keys first, or the response to this change was lost: read again.
            }
        }

        throw new TimeoutException($"The keys changed {Attempts} times while they were to be changed here; try again.");
    }
}
