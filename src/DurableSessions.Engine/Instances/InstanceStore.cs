using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Engine.Hosts;

namespace DurableSessions.Engine.Instances;

/// <summary>
/// The two blobs of an instance, and the conditional writes on them. Every write is one request. A write whose outcome is
/// unknown is sent again, until a given time, and recognises itself by its <see cref="InstanceDocument.WriteId"/>; copies
/// that arrive late fail at their condition, but for that of a creation: see <see cref="InstanceDocument"/>.
/// </summary>
/// <param name="container">A client that repeats reads itself.</param>
/// <param name="unretried">The same container, through a client that sends each request once.</param>
/// <param name="requestTimeout">After this time without an answer the outcome of a write is unknown.</param>
/// <param name="time">The clock that the answers set.</param>
internal sealed class InstanceStore(
    BlobContainerClient container, BlobContainerClient unretried, TimeSpan requestTimeout, StorageClock time)
{
    public const string ActivePrefix = "orchestrations/active/";
    public const string FinishedPrefix = "orchestrations/finished/";
    public const string UnreadablePrefix = "orchestrations/unreadable/";
    private const string Suffix = ".json";
    private const int ViewAttempts = 10;

    /// <summary>Bytes beyond the limit, for the error that names it.</summary>
    private const int OverLimitAllowance = 128 * 1024;

    private static readonly TimeSpan ClientTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan OwnerTimeout = TimeSpan.FromMinutes(5);

    private readonly UnknownOutcomeRetry _retry = new(requestTimeout, time);

    /// <summary>
    /// Until when an owner repeats a write: longer than it owns the instance, so that a failure of storage for minutes cancels no activity
    /// that runs.
    /// </summary>
    public DateTimeOffset OwnerDeadline => time.GetUtcNow() + OwnerTimeout;

    /// <summary>Until when a call of a client repeats a write.</summary>
    public DateTimeOffset ClientDeadline => time.GetUtcNow() + ClientTimeout;

    /// <exception cref="UnreadableInstanceException">It cannot be read.</exception>
    /// <exception cref="NewerInstanceException">A newer version has written it.</exception>
    public Task<StoredInstance?> FindActiveAsync(string id, CancellationToken cancellationToken) =>
        FindAsync(ActivePrefix, id, cancellationToken);

    /// <summary>The finished blob. One that cannot be read is a failed instance.</summary>
    /// <exception cref="NewerInstanceException">A newer version has written it.</exception>
    public async Task<StoredInstance?> FindFinishedAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(FinishedPrefix, id, cancellationToken);
        }
        catch (UnreadableInstanceException e)
        {
            return new StoredInstance(InstanceDocument.Unreadable(e.Header), e.ETag);
        }
    }

    /// <summary>
    /// Where the instance stands. Active is read before finished, so an instance that ends meanwhile is missed in neither;
    /// one read suffices for an instance that has been touched.
    /// </summary>
    public async Task<InstanceView> ViewAsync(string id, CancellationToken cancellationToken)
    {
        for (int attempt = 1; attempt <= ViewAttempts; attempt++)
        {
            StoredInstance? active = await FindActiveAsync(id, cancellationToken);
            if (active is { Document.IsUntouched: false })
            {
                return new InstanceView(active, null, null);
            }

            StoredInstance? finished = await FindFinishedAsync(id, cancellationToken);
            if (active is null || finished is null || finished.Document.Generation < active.Document.Generation)
            {
                return new InstanceView(active, finished, null);
            }

            // Either a ghost, or it was touched and has gone on between the two reads: only the ghost stays as it is.
            StoredInstance? again = await FindActiveAsync(id, cancellationToken);
            if (again is null || again.ETag == active.ETag)
            {
                return new InstanceView(null, finished, again);
            }
        }

        throw new TimeoutException($"Instance '{id}' changed {ViewAttempts} times while it was read.");
    }

    /// <summary>Creates the active blob. A crash before: there is no instance. A crash after: an instance that any host runs.</summary>
    public Task<WriteResult> CreateAsync(InstanceDocument document, DateTimeOffset until, CancellationToken cancellationToken) =>
        WriteAsync(ActivePrefix, document, new BlobRequestConditions { IfNoneMatch = ETag.All }, until, cancellationToken);

    /// <summary>
    /// Replaces the active blob: a running instance changes in no other way. A crash before: the next owner does the last step
    /// again.
    /// </summary>
    public Task<WriteResult> ReplaceAsync(
        InstanceDocument document, ETag expected, DateTimeOffset until, CancellationToken cancellationToken) =>
        WriteAsync(ActivePrefix, document, new BlobRequestConditions { IfMatch = expected }, until, cancellationToken);

    /// <summary>
    /// Writes the finished blob. A crash after: the active blob still counts, and the next owner finds
    /// in <see cref="InstanceDocument.Ends"/> whether only its deletion is missing.
    /// </summary>
    public Task<WriteResult> PutFinishedAsync(
        InstanceDocument document, ETag? expected, DateTimeOffset until, CancellationToken cancellationToken) =>
        WriteAsync(
            FinishedPrefix,
            document,
            expected is { } etag ? new BlobRequestConditions { IfMatch = etag } : new BlobRequestConditions { IfNoneMatch = ETag.All },
            until,
            cancellationToken);

    /// <summary>Ends the instance, or removes a ghost. A crash before: the next owner sends the request again.</summary>
    public Task<DeleteResult> DeleteActiveAsync(string id, ETag expected, DateTimeOffset until, CancellationToken cancellationToken) =>
        DeleteAsync(ActivePrefix + id + Suffix, expected, until, cancellationToken);

    /// <summary>Deletes an instance that is over.</summary>
    public Task<DeleteResult> DeleteFinishedAsync(string id, ETag expected, DateTimeOffset until, CancellationToken cancellationToken) =>
        DeleteAsync(FinishedPrefix + id + Suffix, expected, until, cancellationToken);

    /// <summary>Keeps what is in a blob that cannot be read. Returns the name of the copy.</summary>
    public async Task<string> KeepAsync(string id, BinaryData content, CancellationToken cancellationToken)
    {
        string name = UnreadablePrefix + id + Suffix;
        await container.GetBlobClient(name).UploadAsync(content, overwrite: true, cancellationToken);
        return name;
    }

    /// <summary>Deletes what was kept of an instance that could not be read, where something was.</summary>
    public Task DeleteKeptAsync(string id, CancellationToken cancellationToken) =>
        container.GetBlobClient(UnreadablePrefix + id + Suffix).DeleteIfExistsAsync(cancellationToken: cancellationToken);

    /// <summary>The headers of all instances under a prefix, page by page.</summary>
    /// <param name="prefix"><see cref="ActivePrefix"/> or <see cref="FinishedPrefix"/>.</param>
    /// <param name="pageSize">Blobs of a page.</param>
    /// <param name="continuation">The token of the page before; <see langword="null"/>: the first page.</param>
    /// <param name="skipped">Called with the name of each blob that is no instance.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <param name="idPrefix">Only ids that begin so.</param>
    public async IAsyncEnumerable<(IReadOnlyList<InstanceHeader> Headers, string? Next)> ListAsync(
        string prefix,
        int pageSize,
        string? continuation,
        Action<string>? skipped,
        [EnumeratorCancellation] CancellationToken cancellationToken,
        string? idPrefix = null)
    {
        var options = new GetBlobsOptions { Prefix = prefix + idPrefix, Traits = BlobTraits.Metadata };
        long sending = time.GetTimestamp();
        await foreach (Page<BlobItem> page in container.GetBlobsAsync(options, cancellationToken)
            .AsPages(continuation, pageSize).WithCancellation(cancellationToken))
        {
            time.Observe(page.GetRawResponse(), sending);
            List<InstanceHeader> headers = [];
            foreach (BlobItem blob in page.Values)
            {
                if (blob.Name.Length >= prefix.Length + Suffix.Length
                    && blob.Name.EndsWith(Suffix, StringComparison.Ordinal)
                    && InstanceHeader.TryFrom(blob.Name[prefix.Length..^Suffix.Length], blob.Metadata) is { } header)
                {
                    headers.Add(header);
                }
                else
                {
                    skipped?.Invoke(blob.Name);
                }
            }

            yield return (headers, string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
            sending = time.GetTimestamp();
        }
    }

    /// <summary>
    /// Asks storage for the time, unless it is known: with one request that is sent once. Without an answer the clock stays as it is.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    public async Task EnsureClockAsync(CancellationToken cancellationToken)
    {
        if (time.IsSet)
        {
            return;
        }

        using var timeout = new CancellationTokenSource(requestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await time.AskAsync(() => unretried.GetPropertiesAsync(cancellationToken: either.Token));
        }
        catch (RequestFailedException)
        {
            // An error says it too; without an answer the first that comes does.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // No answer in time.
        }
    }

    private async Task<StoredInstance?> FindAsync(string prefix, string id, CancellationToken cancellationToken)
    {
        BlobDownloadResult found;
        try
        {
            found = await time.AskAsync(() => container.GetBlobClient(prefix + id + Suffix).DownloadContentAsync(cancellationToken));
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return null;
        }

        if (InstanceHeader.FindNewer(found.Details.Metadata) is { } version)
        {
            throw new NewerInstanceException(id, version);
        }

        try
        {
            return new StoredInstance(InstanceDocument.FromJson(found.Content), found.Details.ETag);
        }
        catch (Exception e) when (e is JsonException or FormatException
            && InstanceHeader.TryFrom(id, found.Details.Metadata) is { } header)
        {
            throw new UnreadableInstanceException(header, found.Content, found.Details.ETag, e);
        }
    }

    private async Task<WriteResult> WriteAsync(
        string prefix,
        InstanceDocument document,
        BlobRequestConditions conditions,
        DateTimeOffset until,
        CancellationToken cancellationToken)
    {
        string name = prefix + document.Id + Suffix;
        BinaryData json = document.ToJson();
        // The end of a child has been decided, and its parent may have it: it is written, though it has an entry more.
        bool hasAllowance = document.IsOverLimit || document is { Parent: not null, IsEnded: true };
        if (json.ToMemory().Length > EngineLimits.InstanceBytes + (hasAllowance ? OverLimitAllowance : 0))
        {
            throw new EngineLimitException(
                $"Instance '{document.Id}' would take {json.ToMemory().Length} bytes with its history; " +
                $"the limit is {EngineLimits.InstanceBytes}.");
        }

        var options = new BlobUploadOptions
        {
            Conditions = conditions,
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
            Metadata = InstanceHeader.From(document).ToMetadata(),
        };
        try
        {
            return await _retry.SendAsync(
                async token => new WriteResult(
                    (await time.AskAsync(() => unretried.GetBlobClient(name).UploadAsync(json, options, token))).ETag, null),
                until,
                cancellationToken);
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet() || e.IsNotFound())
        {
            StoredInstance? found = await FindAsync(prefix, document.Id, cancellationToken);
            return found?.Document.WriteId == document.WriteId ? new WriteResult(found.ETag, null) : new WriteResult(null, found);
        }
    }

    private async Task<DeleteResult> DeleteAsync(string name, ETag expected, DateTimeOffset until, CancellationToken cancellationToken)
    {
        try
        {
            return await _retry.SendAsync(
                async token =>
                {
                    await unretried.GetBlobClient(name).DeleteAsync(
                        DeleteSnapshotsOption.None, new BlobRequestConditions { IfMatch = expected }, token);
                    return DeleteResult.Deleted;
                },
                until,
                cancellationToken);
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet())
        {
            return DeleteResult.Changed;
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return DeleteResult.Missing;
        }
    }
}
