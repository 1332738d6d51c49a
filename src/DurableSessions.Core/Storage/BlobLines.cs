using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Core.Storage;

/// <summary>Reads a blob of lines that end with <c>\n</c>, in ranges, holding no more than one range and one line.</summary>
internal static class BlobLines
{
    /// <summary>
    /// Bytes asked for at once of a segment. Azurite on disk opens a file for each appended block in the range, so it stays small.
    /// </summary>
    public const int RangeBytes = 1024 * 1024;

    /// <summary>Bytes asked for at once of a blob that was written in few large blocks.</summary>
    public const int LargeRangeBytes = 8 * 1024 * 1024;

    /// <summary>
    /// The lines from <paramref name="offset"/> on to the end of the blob as it is while reading. A range that starts at the end
    /// has no lines: Azure answers 416, Azurite 206 with no bytes.
    /// </summary>
    /// <exception cref="BlobGoneException">
    /// There is no such blob; also where it became shorter while it was read, so that another one is there in its place.
    /// </exception>
    public static async IAsyncEnumerable<BlobLine> ReadAsync(
        BlobContainerClient container, string name, long offset = 0, int rangeBytes = RangeBytes,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        BlobClient blob = container.GetBlobClient(name);
        long position = offset;
        long known = offset;
        byte[] begun = [];
        while (true)
        {
            var read = await ReadRangeAsync(blob, position, rangeBytes, cancellationToken);
            if (position < known && read is not { Content.Length: > 0 })
            {
                throw new BlobGoneException($"Blob '{name}' had {known} bytes, and has no more than {position}.");
            }

            if (read is not { } range)
            {
                break;
            }

            known = Math.Max(known, range.BlobLength);
            byte[] bytes = range.Content;
            position += bytes.Length;
            long start = position - bytes.Length - begun.Length;
            byte[] buffer = begun.Length == 0 ? bytes : [.. begun, .. bytes];
            int from = 0;
            while (buffer.AsSpan(from).IndexOf((byte)'\n') is >= 0 and var length)
            {
                yield return new BlobLine(buffer.AsMemory(from, length), start + from + length + 1, range.WrittenAt);
                from += length + 1;
            }

            begun = buffer[from..];
            if (bytes.Length == 0 || position >= range.BlobLength)
            {
                break;
            }
        }

        if (begun.Length > 0)
        {
            throw new FormatException($"Blob '{name}' ends in the middle of a line.");
        }
    }

    private static async Task<(byte[] Content, long BlobLength, DateTimeOffset WrittenAt)?> ReadRangeAsync(
        BlobClient blob, long offset, int rangeBytes, CancellationToken cancellationToken)
    {
        try
        {
            Response<BlobDownloadResult> answer = await blob.DownloadContentAsync(
                new BlobDownloadOptions { Range = new HttpRange(offset, rangeBytes) }, cancellationToken);
            BlobDownloadDetails details = answer.Value.Details;
            byte[] content = answer.Value.Content.ToArray();
            return (content, BlobLength(details.ContentRange) ?? offset + content.Length, details.LastModified);
        }
        catch (RequestFailedException e) when (e.IsBehindEnd())
        {
            return null;
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            throw new BlobGoneException($"Blob '{blob.Name}' is gone.", e);
        }
    }

    // "bytes 0-99/200"
    private static long? BlobLength(string? contentRange) =>
        contentRange is not null && long.TryParse(contentRange.AsSpan(contentRange.LastIndexOf('/') + 1), out long length) ? length : null;
}
