namespace DurableSessions.Core.Indexing;

/// <summary>
/// The bytes of a segment for a caller that reads its postings and its dictionary from their beginnings to their ends, as a merge does:
/// one read for each <see cref="WindowBytes"/> of each of them, of which two are held. For one caller at a time.
/// </summary>
/// <param name="bytes">The segment.</param>
internal sealed class ReadAheadSegment(ISegmentBytes bytes) : ISegmentBytes
{
    /// <summary>What is read at once; more where more is asked for.</summary>
    public const int WindowBytes = 1024 * 1024;

    private readonly Window[] _windows = [new(0, ReadOnlyMemory<byte>.Empty), new(0, ReadOnlyMemory<byte>.Empty)];
    private int _last;

    public long Length => bytes.Length;

    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        if (length >= WindowBytes)
        {
            return await bytes.ReadAsync(offset, length, cancellationToken);
        }

        int found = Array.FindIndex(_windows, w => w.Has(offset, length));
        if (found < 0)
        {
            // The one that goes on there, or else the one that was not read last.
            int followed = Array.FindIndex(_windows, w => w.Begins <= offset && offset <= w.Ends && w.Ends > 0);
            found = followed >= 0 ? followed : 1 - _last;
            int ahead = (int)Math.Min(WindowBytes, Length - offset);
            _windows[found] = new Window(offset, await bytes.ReadAsync(offset, ahead, cancellationToken));
        }

        _last = found;
        return _windows[found].Bytes.Slice((int)(offset - _windows[found].Begins), length);
    }

    private sealed record Window(long Begins, ReadOnlyMemory<byte> Bytes)
    {
        public long Ends => Begins + Bytes.Length;

        public bool Has(long offset, int length) => Begins <= offset && offset + length <= Ends;
    }
}
