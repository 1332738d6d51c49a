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
        var begun = new List<ReadOnlyMemory<byte>>();
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
            ReadOnlyMemory<byte> bytes = range.Content;
            long start = position;
            position += bytes.Length;
            int from = 0;
            while (bytes.Span[from..].IndexOf((byte)'\n') is >= 0 and var length)
            {
                ReadOnlyMemory<byte> line = bytes.Slice(from, length);
                from += length + 1;
                yield return new BlobLine(Join(begun, line), start + from, range.WrittenAt);
                begun.Clear();
            }

            if (from < bytes.Length)
            {
                begun.Add(bytes[from..]);
            }

            if (bytes.Length == 0 || position >= range.BlobLength)
            {
                break;
            }
        }

        if (begun.Count > 0)
        {
            throw new FormatException($"Blob '{name}' ends in the middle of a line.");
        }
    }

    // A line of several ranges is copied once, when its end is there.
    private static ReadOnlyMemory<byte> Join(List<ReadOnlyMemory<byte>> begun, ReadOnlyMemory<byte> end)
    {
        if (begun.Count == 0)
        {
            return end;
        }

        byte[] line = new byte[begun.Sum(static b => b.Length) + end.Length];
        int at = 0;
        foreach (ReadOnlyMemory<byte> piece in begun.Append(end))
        {
            piece.CopyTo(line.AsMemory(at));
            at += piece.Length;
        }

        return line;
    }

    /// <summary>A range of a blob, and how long the blob is; <see langword="null"/>: it begins behind the end.</summary>
    /// <exception cref="BlobGoneException">There is no such blob.</exception>
    public static async Task<(ReadOnlyMemory<byte> Content, long BlobLength, DateTimeOffset WrittenAt)?> ReadRangeAsync(
        BlobClient blob, long offset, int rangeBytes, CancellationToken cancellationToken)
    {
        try
        {
            Response<BlobDownloadResult> answer = await blob.DownloadContentAsync(
                new BlobDownloadOptions { Range = new HttpRange(offset, rangeBytes) }, cancellationToken);
            BlobDownloadDetails details = answer.Value.Details;
            ReadOnlyMemory<byte> content = answer.Value.Content.ToMemory();
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
