namespace DurableSessions.Core.Indexing;

/// <summary>The bytes of a segment, which never change.</summary>
internal interface ISegmentBytes
{
    /// <summary>How many there are.</summary>
    public long Length { get; }

    /// <summary>Some of them. A reader asks for none beyond <see cref="Length"/>.</summary>
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken);
}
