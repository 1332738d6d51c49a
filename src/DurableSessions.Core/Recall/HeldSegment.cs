using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Recall;

/// <summary>The bytes of a segment that is in memory alone.</summary>
internal sealed class HeldSegment(ReadOnlyMemory<byte> bytes) : ISegmentBytes
{
    public long Length => bytes.Length;

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken) =>
        new(bytes.Slice((int)offset, length));
}
