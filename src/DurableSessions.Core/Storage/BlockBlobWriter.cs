using System.Security.Cryptography;
using Azure.Storage.Blobs;

namespace DurableSessions.Core.Storage;

/// <summary>Writes lines to a block blob once, as <see cref="BlockBlobStream"/> does: no line is in two blocks.</summary>
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

    private readonly BlockBlobStream _blob = new(container, name, firstBlock);
    private readonly List<ReadOnlyMemory<byte>> _lines = [];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes written so far.</summary>
    public long Length => _blob.Length;

    /// <summary>Adds a line and its line feed.</summary>
    public async Task WriteLineAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        await _blob.MakeRoomAsync(line.Length + 1, cancellationToken);
        _hash.AppendData(line.Span);
        _hash.AppendData("\n"u8);
        _blob.Add(line.Span);
        _blob.Add("\n"u8);
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
        await _blob.CompleteAsync(cancellationToken);
        recent.Remember(name, _lines, Length);
        return Convert.ToHexStringLower(_hash.GetCurrentHash());
    }

    public void Dispose()
    {
        _blob.Dispose();
        _hash.Dispose();
    }
}
