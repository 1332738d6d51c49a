using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Tests.Indexing;

/// <summary>A segment in memory, which is never asked for what it does not have.</summary>
internal sealed class MemoryBytes(byte[] bytes) : ISegmentBytes
{
    public long Length => bytes.Length;

    public int Reads { get; private set; }

    /// <summary>Whether storage fails.</summary>
    public bool Fails { get; set; }

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        Assert.True(offset >= 0 && length >= 0 && offset + length <= bytes.Length, $"{length} bytes at {offset} of {bytes.Length}");
        Reads++;
        if (Fails)
        {
            throw new IOException("It fails.");
        }

        return ValueTask.FromResult<ReadOnlyMemory<byte>>(bytes.AsMemory((int)offset, length));
    }
}
