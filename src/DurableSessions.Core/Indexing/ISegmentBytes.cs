namespace DurableSessions.Core.Indexing;

/// <summary>The bytes of a segment, which never change.</summary>
internal interface ISegmentBytes
{
    /// <summary>How many there are.</summary>
    long Length { get; }

    /// <summary>Some of them. A reader asks for none beyond <see cref="Length"/>.</summary>
    ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken);

    /// <summary>As many reads, in their order: one after the other, unless it can do better.</summary>
    async ValueTask<ReadOnlyMemory<byte>[]> ReadAllAsync(
        IReadOnlyList<(long Offset, int Length)> ranges, CancellationToken cancellationToken)
    {
        var read = new ReadOnlyMemory<byte>[ranges.Count];
        for (int i = 0; i < read.Length; i++)
        {
            read[i] = ranges[i].Length == 0 ? default : await ReadAsync(ranges[i].Offset, ranges[i].Length, cancellationToken);
        }

        return read;
    }
}
