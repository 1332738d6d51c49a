using System.Buffers.Binary;
using System.Text;

namespace DurableSessions.Core.Indexing;

/// <summary>
/// Makes the segment of one archive. The same messages make the same bytes, on every host. While it is built it takes about as much memory
/// as twice the text of the archive at most.
/// </summary>
internal sealed class SegmentBuilder(SegmentArchive archive)
{
    private readonly Dictionary<string, Postings> _terms = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly SegmentKinds _kinds = new();
    private readonly MemoryStream _rows = new();
    private readonly MemoryStream _lengths = new();
    private long _totalLength;

    /// <summary>How many messages it has.</summary>
    public int Messages { get; private set; }

    /// <summary>Adds the next message of the archive.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The archive is longer than 4 GiB.</exception>
    public void Add(SegmentMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(message.Offset, uint.MaxValue);
        Span<byte> row = stackalloc byte[SegmentFormat.RowBytes];
        SegmentFormat.WriteRow(
            row, message.CreatedAt, (uint)message.Offset, (uint)message.Length, _kinds.NumberOf(message.Role, message.Peer));
        _rows.Write(row);

        _counts.Clear();
        int length = 0;
        foreach (string term in SearchTerms.Of(message.Text))
        {
            _counts[term] = _counts.GetValueOrDefault(term) + 1;
            length++;
        }

        foreach ((string term, int times) in _counts)
        {
            if (!_terms.TryGetValue(term, out Postings? postings))
            {
                _terms.Add(term, postings = new Postings());
            }

            postings.Add(Messages, times);
        }

        ushort kept = (ushort)Math.Min(length, ushort.MaxValue);
        Span<byte> bytes = stackalloc byte[SegmentFormat.LengthBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, kept);
        _lengths.Write(bytes);
        _totalLength += kept;
        Messages++;
    }

    /// <summary>Writes the segment.</summary>
    public async Task WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        var writer = new SegmentWriter(output);
        (byte[] Bytes, Postings Postings)[] sorted = [.. _terms.Select(static t => (Encoding.UTF8.GetBytes(t.Key), t.Value))];
        Array.Sort(sorted, static (a, b) => a.Bytes.AsSpan().SequenceCompareTo(b.Bytes));
        foreach ((byte[] bytes, Postings postings) in sorted)
        {
            writer.BeginTerm(bytes);
            postings.WriteTo(writer);
            await writer.EndTermAsync(cancellationToken);
        }

        await writer.FinishAsync(_rows, _lengths, _totalLength, _kinds.All, [(archive, Messages)], cancellationToken);
    }

    /// <summary>The messages that have a term: packed, as most terms are in few of them.</summary>
    private sealed class Postings
    {
        private byte[] _bytes = new byte[4];
        private int _length;
        private int _last = -1;

        public void Add(int message, int times)
        {
            Write((uint)(message - _last));
            Write((uint)times);
            _last = message;
        }

        public void WriteTo(SegmentWriter writer)
        {
            var cursor = new SegmentFormat.Cursor(_bytes.AsSpan(0, _length));
            int message = -1;
            while (!cursor.IsAtEnd)
            {
                message += cursor.Number(int.MaxValue);
                writer.Add(message, cursor.Number(int.MaxValue));
            }
        }

        private void Write(uint value)
        {
            if (_bytes.Length - _length < 5)
            {
                Array.Resize(ref _bytes, Math.Max(_bytes.Length + 8, _bytes.Length * 3 / 2));
            }

            for (; value >= 0x80; value >>= 7)
            {
                _bytes[_length++] = (byte)(value | 0x80);
            }

            _bytes[_length++] = (byte)value;
        }
    }
}
