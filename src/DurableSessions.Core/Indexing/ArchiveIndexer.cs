using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Indexing;

/// <summary>
/// Writes what search finds an archive's messages by: a segment of the index, or for a long archive one for each part. They are made of the
/// archive's messages alone, and written once, so that every host that switches the archive writes the same.
/// </summary>
/// <remarks>
/// A crash leaves some of the segments or all; the switch that is run again writes the others before its swap. Where the swap never comes,
/// since the session was deleted, its deletion removes them, or the audit what came after that. Messages that cannot be read do not hold up
/// the commit: the others are found, and the archive by its abstract. Archives longer than <see cref="LongBytes"/> are indexed one at a
/// time, so that a host holds the segment of one, beside those of as many short ones as it switches at once.
/// </remarks>
internal sealed class ArchiveIndexer(SessionStorage storage, ArchiveStore archives, ILogger<ArchiveIndexer> logger) : IDisposable
{
    /// <summary>
    /// Bytes of lines in one segment, but for the last line. Building it takes about twice that in memory.
    /// </summary>
    public const int MaxSegmentBytes = 32 * 1024 * 1024;

    /// <summary>Longer archives are indexed one at a time.</summary>
    public const int LongBytes = RecentLines.MaxBlobBytes;

    private readonly SemaphoreSlim _long = new(1);

    /// <summary>Writes the segments of an archive that is about to be switched.</summary>
    /// <param name="commit">The attempt whose messages it has.</param>
    /// <param name="number">Its number.</param>
    /// <param name="bytes">How long its messages are.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    public async Task WriteAsync(CommitAttempt commit, int number, long bytes, CancellationToken cancellationToken)
    {
        if (bytes <= LongBytes)
        {
            await WritePartsAsync(commit, number, 0, int.MaxValue, cancellationToken);
            return;
        }

        await _long.WaitAsync(cancellationToken);
        try
        {
            await WritePartsAsync(commit, number, 0, int.MaxValue, cancellationToken);
        }
        finally
        {
            _long.Release();
        }
    }

    /// <summary>
    /// Writes the segments of an archive that was switched without them, by an earlier version: the first part last, so that an archive
    /// whose first part is in the index has all of them. A long one is read twice for that, and one is written at a time.
    /// </summary>
    /// <param name="commit">The attempt whose messages it has.</param>
    /// <param name="number">Its number.</param>
    /// <param name="bytes">How long its messages are.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    /// <returns>Whether it has messages that could be read.</returns>
    /// <exception cref="ContentionException">Another one wrote it meanwhile, and what it wrote has gone on, or was deleted.</exception>
    public async Task<bool> WriteLateAsync(CommitAttempt commit, int number, long bytes, CancellationToken cancellationToken)
    {
        await _long.WaitAsync(cancellationToken);
        try
        {
            if (bytes > MaxSegmentBytes)
            {
                await WritePartsAsync(commit, number, 1, int.MaxValue, cancellationToken);
            }

            return await WritePartsAsync(commit, number, 0, 0, cancellationToken) > 0;
        }
        finally
        {
            _long.Release();
        }
    }

    public void Dispose() => _long.Dispose();

    // How many it wrote, of the first and the last that are wanted and those between them.
    private async Task<int> WritePartsAsync(CommitAttempt commit, int number, int first, int last, CancellationToken cancellationToken)
    {
        int part = 0;
        int written = 0;
        SegmentBuilder builder = Begin(part);
        Exception? unreadable = null;
        try
        {
            long offset = 0;
            long partBegins = 0;
            await foreach (BlobLine line in archives.ReadLinesAsync(commit, cancellationToken))
            {
                if (offset - partBegins >= MaxSegmentBytes)
                {
                    await WriteAsync(builder, part, cancellationToken);
                    builder = Begin(++part);
                    partBegins = offset;
                    if (part > last)
                    {
                        break;
                    }
                }

                try
                {
                    builder.Add(SegmentMessage.Read(line, offset));
                }
                catch (FormatException e)
                {
                    unreadable ??= e;
                }

                offset = line.End;
            }
        }
        catch (Exception e) when (e is FormatException or BlobGoneException)
        {
            unreadable = e;
        }

        if (builder.Messages > 0)
        {
            await WriteAsync(builder, part, cancellationToken);
        }

        if (unreadable is not null)
        {
            logger.ArchiveNotIndexed(unreadable, commit.CommitId, commit.Session, number);
        }

        return written;

        SegmentBuilder Begin(int part) =>
            new(new SegmentArchive(commit.Session.Id, commit.Incarnation, commit.CommitId, commit.Attempt, number, part));

        async Task WriteAsync(SegmentBuilder builder, int part, CancellationToken cancellationToken)
        {
            if (part < first)
            {
                return;
            }

            using var segment = new MemoryStream();
            await builder.WriteAsync(segment, cancellationToken);
            await WriteOnceAsync(BlobNames.SearchSegment(commit, number, part), segment, cancellationToken);
            written++;
        }
    }

    private async Task WriteOnceAsync(string name, MemoryStream segment, CancellationToken cancellationToken)
    {
        BlobClient blob = storage.Container.GetBlobClient(name);
        try
        {
            var options = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
            var bytes = BinaryData.FromBytes(segment.GetBuffer().AsMemory(0, (int)segment.Length));
            await blob.UploadAsync(bytes, options, cancellationToken);
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet())
        {
            // By another host, or by this very request, whose answer was lost. A switch relies on it: so it is looked for.
            if (!await blob.ExistsAsync(cancellationToken))
            {
                throw new ContentionException($"Blob '{name}' was there and is gone.");
            }
        }
    }
}
