using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Indexing;

/// <summary>The bytes of a segment in storage: a small one is read once as a whole, of another what is asked for.</summary>
/// <param name="blob">The blob.</param>
/// <param name="length">Its length, as a listing has it: it is written once.</param>
internal sealed class BlobSegment(BlobClient blob, long length) : ISegmentBytes
{
    /// <summary>Segments up to this are read as a whole.</summary>
    public const int SmallBytes = 256 * 1024;

    private ReadOnlyMemory<byte>? _all;

    public long Length => length;

    /// <summary>What it keeps in memory.</summary>
    public long ResidentBytes => length <= SmallBytes ? length : 0;

    /// <inheritdoc/>
    /// <exception cref="BlobGoneException">It was deleted.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        if (Length > SmallBytes)
        {
            return await DownloadAsync(offset, length, cancellationToken);
        }

        _all ??= await DownloadAsync(0, (int)Length, cancellationToken);
        return _all.Value.Slice((int)offset, length);
    }

    private async Task<ReadOnlyMemory<byte>> DownloadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        if (length == 0)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        try
        {
            Response<BlobDownloadResult> answer = await blob.DownloadContentAsync(
                new BlobDownloadOptions { Range = new HttpRange(offset, length) }, cancellationToken);
            ReadOnlyMemory<byte> bytes = answer.Value.Content.ToMemory();
            return bytes.Length == length ? bytes : throw SegmentFormat.Damaged("it is shorter than it was");
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            throw new BlobGoneException($"Blob '{blob.Name}' is gone.", e);
        }
        catch (RequestFailedException e) when (e.IsBehindEnd())
        {
            throw SegmentFormat.Damaged("it is shorter than it was");
        }
    }
}
