using System.Buffers.Binary;
using System.IO.Hashing;

namespace DurableSessions.Core.Indexing;

/// <summary>
/// Writes a segment: its terms in their order, each with its postings, then the rest. The same calls write the same bytes. The postings go
/// to the stream at once; the dictionary, and what <see cref="FinishAsync"/> is given, is held until the end.
/// </summary>
internal sealed class SegmentWriter(Stream output)
{
    private const int BufferBytes = 256 * 1024;

    private readonly XxHash64[] _hashes = [.. Enumerable.Range(0, SegmentFormat.Sections).Select(static _ => new XxHash64())];
    private readonly long[] _lengths = new long[SegmentFormat.Sections];
    private readonly MemoryStream _postings = new();
    private readonly MemoryStream _dictionary = new();
    private readonly MemoryStream _block = new();
    private readonly MemoryStream _blocks = new();
    private byte[] _last = [];
    private byte[] _first = [];
    private byte[] _term = [];
    private long _postingsBefore;
    private long _blockPostings;
    private int _terms;
    private int _frequency;
    private int _lastMessage;
    private long _termBegins;

    private long PostingsLength => _postingsBefore + _postings.Length;

    /// <summary>Begins a term, which comes after those before it by its bytes.</summary>
    public void BeginTerm(ReadOnlySpan<byte> term)
    {
        _term = term.ToArray();
        _termBegins = PostingsLength;
        _frequency = 0;
        _lastMessage = -1;
    }

    /// <summary>
    /// Adds a message that has the term, after those before it: the step to it, and a bit that says whether it has it once; else how often.
    /// </summary>
    public void Add(int message, int times)
    {
        ulong step = (ulong)(message - _lastMessage) << 1;
        if (times == 1)
        {
            SegmentFormat.Write(_postings, step | 1);
        }
        else
        {
            SegmentFormat.Write(_postings, step);
            SegmentFormat.Write(_postings, (ulong)times);
        }

        _lastMessage = message;
        _frequency++;
    }

    /// <summary>Ends the term. One that no message has is left out.</summary>
    public async ValueTask EndTermAsync(CancellationToken cancellationToken)
    {
        if (_frequency == 0)
        {
            return;
        }

        if (_terms % SegmentFormat.BlockTerms == 0)
        {
            EndBlock();
            _first = _term;
            _last = [];
        }

        int shared = _last.AsSpan().CommonPrefixLength(_term);
        SegmentFormat.Write(_block, (ulong)shared);
        SegmentFormat.Write(_block, (ulong)(_term.Length - shared));
        _block.Write(_term.AsSpan(shared));
        SegmentFormat.Write(_block, (ulong)_frequency);
        SegmentFormat.Write(_block, (ulong)(PostingsLength - _termBegins));
        _blockPostings += PostingsLength - _termBegins;
        _last = _term;
        _terms++;
        if (_postings.Length >= BufferBytes)
        {
            await FlushPostingsAsync(cancellationToken);
        }
    }

    /// <summary>Writes everything that is left.</summary>
    /// <param name="rows">Of each message <see cref="SegmentFormat.RowBytes"/>.</param>
    /// <param name="lengths">Of each message <see cref="SegmentFormat.LengthBytes"/>.</param>
    /// <param name="totalLength">The sum of the lengths.</param>
    /// <param name="kinds">Role and peer of the messages.</param>
    /// <param name="archives">The archives with their messages, in the order of these.</param>
    /// <param name="cancellationToken">Leaves an unfinished stream.</param>
    public async Task FinishAsync(
        MemoryStream rows, MemoryStream lengths, long totalLength, IReadOnlyList<(string Role, string? Peer)> kinds,
        IReadOnlyList<(SegmentArchive Archive, int Messages)> archives, CancellationToken cancellationToken)
    {
        EndBlock();
        await FlushPostingsAsync(cancellationToken);
        using var others = new MemoryStream();
        foreach ((string role, string? peer) in kinds)
        {
            SegmentFormat.Write(others, role);
            SegmentFormat.Write(others, peer is null ? 0UL : 1UL);
            SegmentFormat.Write(others, peer ?? "");
        }

        using var listed = new MemoryStream();
        foreach ((SegmentArchive archive, int messages) in archives)
        {
            SegmentFormat.Write(listed, archive, messages);
        }

        MemoryStream[] sections = [_dictionary, rows, lengths, others, listed, _blocks];
        for (int i = 0; i < sections.Length; i++)
        {
            await WriteAsync(SegmentFormat.Dictionary + i, sections[i], cancellationToken);
        }

        byte[] footer = new byte[SegmentFormat.FooterBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(footer, SegmentFormat.Magic);
        BinaryPrimitives.WriteInt32LittleEndian(footer.AsSpan(8), (int)(rows.Length / SegmentFormat.RowBytes));
        BinaryPrimitives.WriteInt32LittleEndian(footer.AsSpan(12), _terms);
        BinaryPrimitives.WriteInt64LittleEndian(footer.AsSpan(16), totalLength);
        for (int i = 0; i < SegmentFormat.Sections; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(footer.AsSpan(24 + (16 * i)), _lengths[i]);
            _hashes[i].GetCurrentHash(footer.AsSpan(32 + (16 * i)));
        }

        XxHash64.Hash(footer.AsSpan(0, footer.Length - 8), footer.AsSpan(footer.Length - 8));
        await output.WriteAsync(footer, cancellationToken);
    }

    private void EndBlock()
    {
        if (_block.Length == 0)
        {
            return;
        }

        // So that what one read brings can be checked.
        SegmentFormat.Write(_blocks, (ulong)_first.Length);
        _blocks.Write(_first);
        SegmentFormat.Write(_blocks, (ulong)_block.Length);
        SegmentFormat.Write(_blocks, XxHash3.HashToUInt64(_block.GetBuffer().AsSpan(0, (int)_block.Length)));
        SegmentFormat.Write(_blocks, (ulong)_blockPostings);
        _block.WriteTo(_dictionary);
        _block.SetLength(0);
        _blockPostings = 0;
    }

    private async ValueTask FlushPostingsAsync(CancellationToken cancellationToken)
    {
        _postingsBefore += _postings.Length;
        await WriteAsync(SegmentFormat.Postings, _postings, cancellationToken);
        _postings.SetLength(0);
    }

    private async ValueTask WriteAsync(int section, MemoryStream bytes, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> written = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        _hashes[section].Append(written.Span);
        _lengths[section] += written.Length;
        await output.WriteAsync(written, cancellationToken);
    }
}
