using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace DurableSessions.Core.Storage;

/// <summary>
/// Writes a block blob once (<c>If-None-Match: *</c>), piece by piece, holding one block in memory: one request for what fits
/// into a block, otherwise one for each block and one to commit them. Until the last of them nothing can be read.
/// </summary>
/// <remarks>
/// Writers of the same name write the same bytes: block ids are positions, so two writers at once stage equal blocks,
/// the first to commit wins, and the other finds the blob there. Blocks with ids of their own are never mixed with those of a
/// writer that counts from another number: a commit names its blocks, and storage forgets the rest.
/// </remarks>
/// <param name="container">Where the blob is.</param>
/// <param name="name">The blob's name.</param>
/// <param name="recent">Learns what was written.</param>
/// <param name="firstBlock">The number of the first block: 0, or <see cref="TurnRetentionBlocks"/>.</param>
internal sealed class BlockBlobWriter(BlobContainerClient container, string name, RecentLines recent, int firstBlock) : IDisposable
{
    /// <summary>
    /// The first block of what hosts that do not know how it was chosen may stage otherwise under the same name: what stays live of a cut
    /// by turns. Such a host takes it that all stays, stages blocks from 0 on, and never commits them. The name itself must stay the one
    /// that those hosts derive: where clear-live runs on one of them, it puts that name into the manifest.
    /// </summary>
    /// <remarks>Above every position, since a blob has at most 50,000 blocks; of the same length, as the ids of one blob must be.</remarks>
    public const int TurnRetentionBlocks = 1 << 20;

    private const int BlockBytes = 4 * 1024 * 1024;

    private readonly BlockBlobClient _blob = container.GetBlockBlobClient(name);
    private readonly MemoryStream _block = new();
    private readonly List<string> _staged = [];
    private readonly List<ReadOnlyMemory<byte>> _lines = [];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes written so far.</summary>
    public long Length { get; private set; }

    /// <summary>Adds a line and its line feed.</summary>
    public async Task WriteLineAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        if (_block.Length > 0 && _block.Length + line.Length + 1 > BlockBytes)
        {
            await StageAsync(cancellationToken);
        }

        _hash.AppendData(line.Span);
        _hash.AppendData("\n"u8);
        _block.Write(line.Span);
        _block.WriteByte((byte)'\n');
        Length += line.Length + 1;
        if (Length <= RecentLines.MaxBlobBytes)
        {
            _lines.Add(line.ToArray());
        }
        else
        {
            _lines.Clear();
        }
    }

    /// <summary>
    /// Makes the blob readable, unless it is there already. Returns the SHA-256 of what was written, in lower-case hexadecimal.
    /// </summary>
    public async Task<string> CompleteAsync(CancellationToken cancellationToken)
    {
        var once = new BlobRequestConditions { IfNoneMatch = ETag.All };
        try
        {
            if (_staged.Count == 0)
            {
                _block.Position = 0;
                await _blob.UploadAsync(_block, new BlobUploadOptions { Conditions = once }, cancellationToken);
            }
            else
            {
                await StageAsync(cancellationToken);
                await _blob.CommitBlockListAsync(_staged, new CommitBlockListOptions { Conditions = once }, cancellationToken);
            }
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet())
        {
            // Written before, with the same bytes. What follows deletes what they were read from, so it is looked at.
            BlobProperties there = await _blob.GetPropertiesAsync(cancellationToken: cancellationToken);
            if (there.ContentLength != Length)
            {
                throw new FormatException($"Blob '{name}' has {there.ContentLength} bytes; {Length} were to be written.");
            }
        }

        recent.Remember(name, _lines, Length);
        return Convert.ToHexStringLower(_hash.GetCurrentHash());
    }

    public void Dispose()
    {
        _block.Dispose();
        _hash.Dispose();
    }

    private async Task StageAsync(CancellationToken cancellationToken)
    {
        string id = Convert.ToBase64String(BitConverter.GetBytes(firstBlock + _staged.Count));
        _block.Position = 0;
        await _blob.StageBlockAsync(id, _block, cancellationToken: cancellationToken);
        _staged.Add(id);
        _block.SetLength(0);
    }
}
