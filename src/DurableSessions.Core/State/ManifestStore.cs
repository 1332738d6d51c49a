using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.State;

/// <summary>
/// Reads and swaps manifests. A manifest is replaced only with <c>If-Match</c>, so a stale one can be held for any time and
/// does no harm: its swap fails. What was read or written last is kept in <see cref="ManifestCache"/> to save a read.
/// </summary>
internal sealed class ManifestStore(SessionStorage storage, ManifestCache cache, TimeProvider time, IManifestObserver observer)
{
    /// <summary>Marks a tombstone, so that a listing tells it from a session.</summary>
    public const string DeletedMetadata = "deleted";

    /// <summary>How many commits of a session have not ended, where there are any, so that a listing counts them.</summary>
    public const string WaitingMetadata = "waiting";

    /// <summary>Marks a session that has archives to be digested again, so that a listing finds it.</summary>
    public const string DegradedMetadata = "degraded";

    /// <summary>
    /// A time before which no archive that may expire was switched, or <see cref="NoArchive"/>, so that a listing finds old archives. A
    /// manifest without it was written by an earlier version.
    /// </summary>
    public const string OldestArchiveMetadata = "oldestarchive";

    /// <summary>No archive may expire.</summary>
    public const string NoArchive = "none";

    /// <summary>When the manifest was written last, but for swaps that let archives expire; none where it was not one.</summary>
    public const string UnusedMetadata = "unusedsince";

    /// <summary>Attempts at one transition; more are contention.</summary>
    private const int MaxAttempts = 40;

    /// <summary>
    /// What this host saw last, or a fresh read where it has seen none; <see langword="null"/> where there is no session.
    /// </summary>
    public async Task<StoredManifest?> GetKnownAsync(SessionKey key, CancellationToken cancellationToken) =>
        cache.Find(key) ?? await LoadAsync(key, cancellationToken);

    /// <summary>Reads the manifest; a tombstone is returned too.</summary>
    public async Task<StoredManifest?> LoadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        StoredManifest? known = cache.Find(key);
        BlobClient blob = storage.Container.GetBlobClient(BlobNames.Manifest(key));
        try
        {
            var conditions = new BlobRequestConditions { IfNoneMatch = known?.ETag };
            Response<BlobDownloadResult> answer = await blob.DownloadContentAsync(
                new BlobDownloadOptions { Conditions = conditions }, cancellationToken);
            if (answer.GetRawResponse().Status == 304)
            {
                return known;
            }

            var read = new StoredManifest(
                StoreJson.Read<Manifest>(answer.Value.Content), answer.Value.Details.ETag, answer.Value.Details.LastModified);
            return cache.Observe(key, read, answer.Value.Content.ToMemory().Length);
        }
        catch (RequestFailedException e) when (e.Status == 304)
        {
            return known;
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            cache.Forget(key);
            return null;
        }
    }

    /// <summary>Whether storage still has this manifest: every segment that it names was there until now.</summary>
    public async Task<bool> IsNewestAsync(SessionKey key, StoredManifest known, CancellationToken cancellationToken) =>
        (await LoadAsync(key, cancellationToken))?.ETag == known.ETag;

    /// <summary>Reads the manifest of a session that must be there.</summary>
    /// <exception cref="SessionNotFoundException">The session does not exist, or only its tombstone does.</exception>
    public async Task<Manifest> LoadLiveAsync(SessionKey key, CancellationToken cancellationToken) =>
        await LoadAsync(key, cancellationToken) is { Manifest: { DeletedAt: null } manifest }
            ? manifest
            : throw new SessionNotFoundException(key);

    /// <summary>
    /// Creates the manifest of a session that has no manifest. <see langword="null"/>: it has one already (also where another attempt of
    /// this same call made it: the caller reads it and compares the incarnation).
    /// </summary>
    /// <remarks>Sent once: a late copy of a creation would bring a deleted session back.</remarks>
    public async Task<StoredManifest?> TryCreateAsync(SessionKey key, Manifest manifest, CancellationToken cancellationToken)
    {
        ManifestRules.EnsureKept(key, before: null, manifest);
        try
        {
            StoredManifest created = await WriteAsync(
                storage.Unretried,
                key,
                manifest with { WriteId = Guid.NewGuid().ToString("N") },
                new BlobRequestConditions { IfNoneMatch = ETag.All },
                cancellationToken);
            observer.Written(key, before: null, created.Manifest);
            return created;
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet())
        {
            return null;
        }
    }

    /// <summary>
    /// Applies a transition, starting from what this host knows. It is decided again on a fresh manifest whenever another writer was first,
    /// and whenever there is nothing to do: a manifest that a host remembers cannot say that.
    /// </summary>
    /// <returns>
    /// The manifest as written, or the one on which there is nothing to do; <see langword="null"/> where the session is gone.
    /// </returns>
    /// <exception cref="ContentionException">Other writers were first <see cref="MaxAttempts"/> times in a row.</exception>
    public async Task<StoredManifest?> ApplyAsync(
        SessionKey key, Func<Manifest, Transition> transition, CancellationToken cancellationToken) =>
        await ApplyAsync(key, await GetKnownAsync(key, cancellationToken), transition, cancellationToken);

    /// <summary>As the other overload, starting from a manifest that the caller has read.</summary>
    public async Task<StoredManifest?> ApplyAsync(
        SessionKey key, StoredManifest? start, Func<Manifest, Transition> transition, CancellationToken cancellationToken)
    {
        StoredManifest? current = start;
        bool fresh = false;
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            if (current is null)
            {
                return null;
            }

            switch (transition(current.Manifest))
            {
                case Transition.Changed changed:
                    if (await SwapAsync(key, current, changed.Next, cancellationToken) is { } swapped)
                    {
                        return swapped;
                    }

                    await Backoff.WaitAsync(attempt, time, cancellationToken);
                    break;
                case Transition.NothingToDo when fresh:
                    return current;
                case Transition.SessionGone when fresh:
                    return null;
                case Transition.Refused refused when fresh:
                    throw refused.Error;
                case Transition.NothingToDo or Transition.SessionGone or Transition.Refused:
                    break;
                case { } unknown:
                    throw new InvalidOperationException($"The store does not know how to apply {unknown}.");
            }

            current = await LoadAsync(key, cancellationToken);
            fresh = true;
        }

        throw new ContentionException($"The manifest of session '{key.Id}' was changed by others {MaxAttempts} times in a row.");
    }

    /// <summary>
    /// Applies a transition to exactly this manifest: for changes that rest on more than the manifest says (a record that is not there,
    /// segments that are sealed), which the caller has read after it.
    /// </summary>
    /// <returns>
    /// The manifest as written; <see langword="null"/> where storage has another one by now, or the transition changes nothing.
    /// </returns>
    public async Task<StoredManifest?> TryApplyAsync(
        SessionKey key, StoredManifest current, Func<Manifest, Transition> transition, CancellationToken cancellationToken) =>
        transition(current.Manifest) is Transition.Changed changed ? await SwapAsync(key, current, changed.Next, cancellationToken) : null;

    // One compare-and-swap: the manifest as written, or null where storage has another one by now.
    private async Task<StoredManifest?> SwapAsync(
        SessionKey key, StoredManifest current, Manifest changed, CancellationToken cancellationToken)
    {
        StoredManifest? swapped = await TrySwapAsync(key, current, changed, cancellationToken);
        if (swapped is not null)
        {
            observer.Written(key, current.Manifest, swapped.Manifest);
        }

        return swapped;
    }

    private async Task<StoredManifest?> TrySwapAsync(
        SessionKey key, StoredManifest current, Manifest changed, CancellationToken cancellationToken)
    {
        ManifestRules.EnsureKept(key, current.Manifest, changed);
        Manifest next = changed with
        {
            Generation = current.Manifest.Generation + 1,
            UpdatedAt = time.GetUtcNow(),
            WriteId = Guid.NewGuid().ToString("N"),
            UnusedSince = changed.ExpiredArchives > current.Manifest.ExpiredArchives
                ? current.Manifest.UnusedSince ?? current.WrittenAt
                : null,
        };
        try
        {
            return await WriteAsync(storage.Container, key, next, new BlobRequestConditions { IfMatch = current.ETag }, cancellationToken);
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet() || e.IsNotFound())
        {
            // Either another writer was first, or this very write was applied, its answer lost, and the SDK sent it again.
            StoredManifest? now = await LoadAsync(key, cancellationToken);
            return now?.Manifest.WriteId == next.WriteId ? now : null;
        }
    }

    /// <summary>Removes a tombstone, unless the session has been created again.</summary>
    public async Task RemoveAsync(SessionKey key, StoredManifest tombstone, CancellationToken cancellationToken)
    {
        try
        {
            await storage.Container.GetBlobClient(BlobNames.Manifest(key)).DeleteIfExistsAsync(
                conditions: new BlobRequestConditions { IfMatch = tombstone.ETag }, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet())
        {
            // Created again: there is no tombstone to remove.
        }
        finally
        {
            cache.Forget(key);
        }
    }

    private async Task<StoredManifest> WriteAsync(
        BlobContainerClient container, SessionKey key, Manifest manifest, BlobRequestConditions conditions,
        CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            Conditions = conditions,
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
            Metadata = MetadataOf(manifest),
        };
        BinaryData content = StoreJson.Write(manifest);
        Response<BlobContentInfo> answer = await container.GetBlobClient(BlobNames.Manifest(key))
            .UploadAsync(content, options, cancellationToken);
        return cache.Observe(key, new StoredManifest(manifest, answer.Value.ETag, answer.Value.LastModified), content.ToMemory().Length);
    }

    private static Dictionary<string, string> MetadataOf(Manifest manifest)
    {
        var metadata = new Dictionary<string, string>();
        if (manifest.DeletedAt is not null)
        {
            metadata[DeletedMetadata] = "true";
            return metadata;
        }

        if (manifest.Pending.Count > 0)
        {
            metadata[WaitingMetadata] = manifest.Pending.Count.ToString(CultureInfo.InvariantCulture);
        }

        if (manifest.DegradedFrom is not null)
        {
            metadata[DegradedMetadata] = "true";
        }

        metadata[OldestArchiveMetadata] = manifest.LastExpirable > manifest.ExpiredArchives
            ? Time(manifest.OldestArchiveAt ?? manifest.CreatedAt)
            : NoArchive;
        if (manifest.UnusedSince is { } since)
        {
            metadata[UnusedMetadata] = Time(since);
        }

        return metadata;
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
