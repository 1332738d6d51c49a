using System.Globalization;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Live;

/// <summary>
/// The blobs that hold live messages. A segment is created before any manifest names it, and never again: a host that finds it
/// gone knows that it was archived.
/// </summary>
/// <remarks>
/// Storage may carry out a second copy of a creation, once the segment is gone: it is there again then, empty. No host ever writes into
/// it: the first append asks for the ETag of the creation (<see cref="SegmentReference.CreatedETag"/>), and every other for a length. And
/// no host takes it for what it was: what was read without a line counts where the manifest that names it is still the same afterwards.
/// </remarks>
internal sealed class SegmentStore(SessionStorage storage, RecentLines recent)
{
    private const int MaxCreations = 3;

    /// <summary>
    /// Creates an empty segment. Each attempt has a name of its own; one that is given up stays an orphan that no manifest names.
    /// </summary>
    public async Task<FreshSegment> CreateAsync(SessionKey key, string incarnation, int number, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            string name = BlobNames.SegmentPrefix(key, incarnation)
                + number.ToString("D6", CultureInfo.InvariantCulture) + "-" + Guid.NewGuid().ToString("N")[..12] + ".jsonl";
            try
            {
                Response<BlobContentInfo> created = await storage.Unretried.GetAppendBlobClient(name).CreateAsync(
                    new AppendBlobCreateOptions { Conditions = new AppendBlobRequestConditions { IfNoneMatch = ETag.All } },
                    cancellationToken);
                return new FreshSegment(number, new SegmentReference(name, CreatedETag: created.Value.ETag.ToString()));
            }
            catch (Exception e) when (
                attempt < MaxCreations && StorageErrors.IsUnknownOutcome(e) && !cancellationToken.IsCancellationRequested)
            {
                // Applied or not: never this name again.
            }
        }
    }

    /// <summary>
    /// Appends one block at exactly this position, or fails: 412 the end is somewhere else, or this is not the segment that was created;
    /// 409 sealed, 404 gone.
    /// </summary>
    /// <returns>
    /// How many blocks the segment has, as far as storage says: good for rolling, not for counting. And when storage wrote, in whole
    /// seconds.
    /// </returns>
    public async Task<(int Blocks, DateTimeOffset WrittenAt)> AppendAsync(
        SegmentReference segment, byte[] block, long position, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(block, writable: false);
        var conditions = new AppendBlobRequestConditions
        {
            IfAppendPositionEqual = position,
            IfMatch = position == 0 && segment.CreatedETag is { } created ? new ETag(created) : null,
        };
        Response<BlobAppendInfo> answer = await storage.Container.GetAppendBlobClient(segment.Name).AppendBlockAsync(
            content, new AppendBlobAppendBlockOptions { Conditions = conditions }, cancellationToken);
        return (answer.Value.BlobCommittedBlockCount, answer.Value.LastModified);
    }

    /// <summary>
    /// Seals a segment: from its answer on, its length is final, and every append that was acknowledged is inside. Permanent and
    /// idempotent. False: it is gone.
    /// </summary>
    public async Task<bool> TrySealAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await storage.Container.GetAppendBlobClient(name).SealAsync(cancellationToken: cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return false;
        }
    }

    /// <summary>As the other overload, where the segment is as it was seen. False: it was written to, sealed or deleted since.</summary>
    public async Task<bool> TrySealAsync(SeenSegment segment, CancellationToken cancellationToken)
    {
        try
        {
            var unchanged = new AppendBlobRequestConditions { IfMatch = segment.ETag };
            await storage.Container.GetAppendBlobClient(segment.Name).SealAsync(unchanged, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.IsNotFound() || e.IsConditionNotMet())
        {
            return false;
        }
    }

    /// <summary>How a segment is; <see langword="null"/> where it is gone.</summary>
    public async Task<SeenSegment?> LookAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties properties = await storage.Container.GetBlobClient(name)
                .GetPropertiesAsync(cancellationToken: cancellationToken);
            return new SeenSegment(name, properties.ETag, properties.LastModified, properties.ContentLength, properties.IsSealed);
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return null;
        }
    }

    /// <summary>When something was last written to a segment; <see langword="null"/> where it is empty or gone.</summary>
    public async Task<DateTimeOffset?> FindWrittenAsync(string name, CancellationToken cancellationToken) =>
        await LookAsync(name, cancellationToken) is { Length: > 0 } seen ? seen.WrittenAt : null;

    /// <summary>Whether nothing was written to a segment, and something may be. False also where it is gone.</summary>
    public async Task<bool> IsUnusedAsync(string name, CancellationToken cancellationToken) =>
        await LookAsync(name, cancellationToken) is { Length: 0, IsSealed: false };

    /// <summary>The lines from an offset on.</summary>
    public IAsyncEnumerable<BlobLine> ReadAsync(string name, long offset, CancellationToken cancellationToken) =>
        (offset == 0 ? recent.Find(name)?.ToAsyncEnumerable() : null)
        ?? BlobLines.ReadAsync(storage.Container, name, offset, cancellationToken: cancellationToken);

    /// <summary>Deletes a segment that no manifest names any more. Idempotent.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        storage.Container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
}
