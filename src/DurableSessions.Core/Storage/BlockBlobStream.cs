using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace DurableSessions.Core.Storage;

/// <summary>
/// Writes a block blob once (<c>If-None-Match: *</c>), piece by piece, holding one block in memory: one request for what fits
/// into a block, otherwise one for each block and one to commit them. Until <see cref="CompleteAsync"/> nothing can be read.
/// </summary>
/// <remarks>
/// Writers of the same name write the same bytes, and end blocks at the same places: block ids are positions, so two writers at once stage
/// equal blocks, the first to commit wins, and the other finds the blob there. Blocks with ids of their own are never mixed with those of a
/// writer that counts from another number: a commit names its blocks, and storage forgets the rest.
/// </remarks>
/// <param name="container">Where the blob is.</param>
/// <param name="name">The blob's name.</param>
/// <param name="firstBlock">The number of the first block.</param>
internal sealed class BlockBlobStream(BlobContainerClient container, string name, int firstBlock = 0) : Stream
{
    /// <summary>The most bytes of a block, but for one that <see cref="Add"/> makes longer.</summary>
    public const int BlockBytes = 4 * 1024 * 1024;

    private readonly BlockBlobClient _blob = container.GetBlockBlobClient(name);
    private readonly MemoryStream _block = new();
    private readonly List<string> _staged = [];
    private long _length;

    /// <summary>Bytes written so far.</summary>
    public override long Length => _length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    /// <summary>Begins another block where so many bytes do not fit into this one.</summary>
    public async ValueTask MakeRoomAsync(int length, CancellationToken cancellationToken)
    {
        if (_block.Length > 0 && _block.Length + length > BlockBytes)
        {
            await StageAsync(cancellationToken);
        }
    }

    /// <summary>Adds bytes to this block, however many they are.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        _block.Write(bytes);
        _length += bytes.Length;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            await MakeRoomAsync(1, cancellationToken);
            int fits = Math.Min(BlockBytes - (int)_block.Length, buffer.Length);
            Add(buffer.Span[..fits]);
            buffer = buffer[fits..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Makes the blob readable, unless it is there already.</summary>
    /// <exception cref="FormatException">It is there with another length.</exception>
    public async Task CompleteAsync(CancellationToken cancellationToken)
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
    }

    public override void Flush()
    {
        // Only whole blocks are sent.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _block.Dispose();
        }

        base.Dispose(disposing);
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
