using System.Buffers.Binary;
using System.IO.Hashing;

namespace DurableSessions.Core.Indexing;

/// <summary>
/// Reads a segment: on opening its footer, its archives, the first term of each block and the rows of its messages, which stay in memory;
/// for a query the blocks and the postings of its terms. Safe for callers at the same time.
/// </summary>
internal sealed class SegmentReader
{
    private readonly ISegmentBytes _bytes;
    private readonly long[] _begins;
    private readonly ReadOnlyMemory<byte> _rows;
    private readonly ReadOnlyMemory<byte> _lengths;
    private readonly Block[] _blocks;

    private SegmentReader(
        ISegmentBytes bytes, long[] begins, ReadOnlyMemory<byte> rows, ReadOnlyMemory<byte> lengths, (string, string?)[] kinds,
        SegmentArchive[] archives, int[] firstMessages, Block[] blocks, ulong postingsHash)
    {
        _bytes = bytes;
        PostingsHash = postingsHash;
        _begins = begins;
        _rows = rows;
        _lengths = lengths;
        _blocks = blocks;
        Kinds = kinds;
        Archives = archives;
        FirstMessages = firstMessages;
        ArchiveLengths = new long[archives.Length];
        for (int archive = 0; archive < archives.Length; archive++)
        {
            for (int message = firstMessages[archive]; message < firstMessages[archive + 1]; message++)
            {
                ArchiveLengths[archive] += LengthOf(message);
            }
        }
    }

    /// <summary>The archives, in the order of their messages.</summary>
    public IReadOnlyList<SegmentArchive> Archives { get; }

    /// <summary>How many messages it has.</summary>
    public int Messages => _lengths.Length / SegmentFormat.LengthBytes;

    /// <summary>What it keeps in memory, estimated.</summary>
    public long ResidentBytes => _rows.Length + _lengths.Length + (400L * Archives.Count) + (100L * Kinds.Count)
        + _blocks.Sum(static b => 80L + b.First.Length);

    /// <summary>Of each archive its first message, and the count of all behind the last.</summary>
    internal int[] FirstMessages { get; }

    /// <summary>Of each archive the terms of its messages.</summary>
    internal long[] ArchiveLengths { get; }

    /// <summary>Of each message the terms that are counted: <see cref="LengthOf(ReadOnlySpan{byte}, int)"/>.</summary>
    internal ReadOnlySpan<byte> Lengths => _lengths.Span;

    internal IReadOnlyList<(string Role, string? Peer)> Kinds { get; }

    /// <summary>The checksum of the postings of all terms, in their order: what reads them all can check it.</summary>
    internal ulong PostingsHash { get; }

    /// <summary>Opens a segment: two reads.</summary>
    /// <exception cref="FormatException">It is damaged, or of another version.</exception>
    public static Task<SegmentReader> OpenAsync(ISegmentBytes bytes, CancellationToken cancellationToken) =>
        OpenAsync(bytes, bytes, cancellationToken);

    /// <summary>Opens a segment: two reads.</summary>
    /// <param name="bytes">The segment.</param>
    /// <param name="forQueries">By what its dictionary and its postings are read.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="FormatException">It is damaged, or of another version.</exception>
    public static async Task<SegmentReader> OpenAsync(
        ISegmentBytes bytes, ISegmentBytes forQueries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ReadOnlyMemory<byte> footer = await ReadFooterAsync(bytes, cancellationToken);
        (long[] begins, int messages, int terms) = ReadFooter(footer.Span, bytes.Length);
        long behind = begins[^1] - begins[SegmentFormat.Rows];
        if (behind > int.MaxValue)
        {
            throw SegmentFormat.Damaged("a length");
        }

        ReadOnlyMemory<byte> read = await bytes.ReadAsync(begins[SegmentFormat.Rows], (int)behind, cancellationToken);
        ReadOnlyMemory<byte> Section(int section) => Checked(
            read.Slice((int)(begins[section] - begins[SegmentFormat.Rows]), (int)(begins[section + 1] - begins[section])), footer, section);

        ReadOnlyMemory<byte> rows = Section(SegmentFormat.Rows);
        ReadOnlyMemory<byte> lengths = Section(SegmentFormat.Lengths);
        if (rows.Length != (long)messages * SegmentFormat.RowBytes || lengths.Length != (long)messages * SegmentFormat.LengthBytes)
        {
            throw SegmentFormat.Damaged("the count of messages");
        }

        (SegmentArchive[] archives, int[] firsts) = ReadArchives(Section(SegmentFormat.Archives).Span, messages);
        return new SegmentReader(
            forQueries, begins, rows, lengths, ReadKinds(Section(SegmentFormat.Kinds).Span), archives, firsts,
            ReadBlocks(Section(SegmentFormat.Blocks).Span, begins, terms),
            BinaryPrimitives.ReadUInt64BigEndian(footer.Span[(32 + (16 * SegmentFormat.Postings))..]));
    }

    /// <summary>The archives of a segment, in the order of their messages, and nothing else of it: two small reads.</summary>
    /// <exception cref="FormatException">It is damaged, or of another version.</exception>
    public static async Task<IReadOnlyList<SegmentArchive>> ReadArchivesAsync(ISegmentBytes bytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ReadOnlyMemory<byte> footer = await ReadFooterAsync(bytes, cancellationToken);
        (long[] begins, int messages, _) = ReadFooter(footer.Span, bytes.Length);
        long length = begins[SegmentFormat.Archives + 1] - begins[SegmentFormat.Archives];
        if (length > int.MaxValue)
        {
            throw SegmentFormat.Damaged("a length");
        }

        ReadOnlyMemory<byte> archives = await bytes.ReadAsync(begins[SegmentFormat.Archives], (int)length, cancellationToken);
        return ReadArchives(Checked(archives, footer, SegmentFormat.Archives).Span, messages).Archives;
    }

    /// <summary>The terms of a message that are counted.</summary>
    public int LengthOf(int message) => LengthOf(_lengths.Span, message);

    /// <summary>Which archive a message is in.</summary>
    public int ArchiveOf(int message)
    {
        int found = Array.BinarySearch(FirstMessages, message);
        if (found < 0)
        {
            return ~found - 1;
        }

        // Archives without messages begin where the next one does.
        while (FirstMessages[found + 1] == message)
        {
            found++;
        }

        return found;
    }

    /// <summary>Whether a filter allows all messages of an archive.</summary>
    public bool HasOnly(int archive, MessageFilter filter)
    {
        for (int message = FirstMessages[archive]; message < FirstMessages[archive + 1]; message++)
        {
            SegmentRow row = RowOf(message);
            (string role, string? peer) = Kinds[row.Kind];
            if (!filter.Allows(role, peer, row.CreatedAt))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>As <see cref="LengthOf(int)"/>, of <see cref="Lengths"/>: for a caller that asks for many.</summary>
    internal static int LengthOf(ReadOnlySpan<byte> lengths, int message) =>
        BinaryPrimitives.ReadUInt16LittleEndian(lengths[(message * SegmentFormat.LengthBytes)..]);

    internal SegmentRow RowOf(int message)
    {
        ReadOnlySpan<byte> row = _rows.Span.Slice(message * SegmentFormat.RowBytes, SegmentFormat.RowBytes);
        long ticks = BinaryPrimitives.ReadInt64LittleEndian(row);
        int kind = BinaryPrimitives.ReadInt32LittleEndian(row[16..]);
        if ((uint)kind >= (uint)Kinds.Count || ticks < 0 || ticks > DateTimeOffset.MaxValue.Ticks)
        {
            throw SegmentFormat.Damaged("a message");
        }

        return new SegmentRow(
            new DateTimeOffset(ticks, TimeSpan.Zero),
            BinaryPrimitives.ReadUInt32LittleEndian(row[8..]),
            (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(row[12..])),
            kind);
    }

    /// <summary>Where the postings of terms are; <see langword="null"/> for those that no message has.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    public async Task<SegmentTerm?[]> FindAsync(IReadOnlyList<byte[]> terms, CancellationToken cancellationToken)
    {
        var found = new SegmentTerm?[terms.Count];
        IGrouping<int, int>[] inBlocks =
            [.. Enumerable.Range(0, terms.Count).GroupBy(i => BlockOf(terms[i])).Where(static g => g.Key >= 0)];
        ReadOnlyMemory<byte>[] blocks =
            await _bytes.ReadAllAsync([.. inBlocks.Select(b => (_blocks[b.Key].Offset, _blocks[b.Key].Length))], cancellationToken);
        for (int read = 0; read < blocks.Length; read++)
        {
            List<(byte[] Term, SegmentTerm Place)> block = ReadBlock(inBlocks[read].Key, blocks[read].Span);
            foreach (int i in inBlocks[read])
            {
                int at = block.FindIndex(t => t.Term.AsSpan().SequenceEqual(terms[i]));
                found[i] = at < 0 ? null : block[at].Place;
            }
        }

        return found;
    }

    /// <summary>The postings of a term, to be read by <see cref="SegmentPostings"/>.</summary>
    public ValueTask<ReadOnlyMemory<byte>> ReadPostingsAsync(SegmentTerm term, CancellationToken cancellationToken) =>
        _bytes.ReadAsync(term.Offset, term.Length, cancellationToken);

    /// <summary>The postings of terms, in their order; of those that no message has, none.</summary>
    public ValueTask<ReadOnlyMemory<byte>[]> ReadPostingsAsync(
        IEnumerable<SegmentTerm?> terms, CancellationToken cancellationToken) =>
        _bytes.ReadAllAsync([.. terms.Select(static t => (t?.Offset ?? 0, t?.Length ?? 0))], cancellationToken);

    /// <summary>All terms, in their order, with where their postings are.</summary>
    public async IAsyncEnumerable<(byte[] Term, SegmentTerm Place)> ListTermsAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int block = 0; block < _blocks.Length; block++)
        {
            foreach ((byte[] Term, SegmentTerm Place) term in await ReadBlockAsync(block, cancellationToken))
            {
                yield return term;
            }
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadFooterAsync(ISegmentBytes bytes, CancellationToken cancellationToken) =>
        bytes.Length < SegmentFormat.FooterBytes
            ? throw SegmentFormat.Damaged("it is too short")
            : await bytes.ReadAsync(bytes.Length - SegmentFormat.FooterBytes, SegmentFormat.FooterBytes, cancellationToken);

    private static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> section, ReadOnlyMemory<byte> footer, int number) =>
        XxHash64.Hash(section.Span).AsSpan().SequenceEqual(footer.Span.Slice(32 + (16 * number), 8))
            ? section
            : throw SegmentFormat.Damaged("a checksum");

    private static (long[] Begins, int Messages, int Terms) ReadFooter(ReadOnlySpan<byte> footer, long length)
    {
        if (BinaryPrimitives.ReadUInt64LittleEndian(footer) != SegmentFormat.Magic)
        {
            throw SegmentFormat.Damaged("it is none, or one of another version");
        }

        if (!XxHash64.Hash(footer[..^8]).AsSpan().SequenceEqual(footer[^8..]))
        {
            throw SegmentFormat.Damaged("the checksum of its footer");
        }

        int messages = BinaryPrimitives.ReadInt32LittleEndian(footer[8..]);
        int terms = BinaryPrimitives.ReadInt32LittleEndian(footer[12..]);
        long[] begins = new long[SegmentFormat.Sections + 1];
        for (int i = 0; i < SegmentFormat.Sections; i++)
        {
            long section = BinaryPrimitives.ReadInt64LittleEndian(footer[(24 + (16 * i))..]);
            if (section < 0 || section > length)
            {
                throw SegmentFormat.Damaged("a length");
            }

            begins[i + 1] = begins[i] + section;
        }

        return messages >= 0 && terms >= 0 && begins[^1] == length - SegmentFormat.FooterBytes
            ? (begins, messages, terms)
            : throw SegmentFormat.Damaged("its length");
    }

    private static (string Role, string? Peer)[] ReadKinds(ReadOnlySpan<byte> bytes)
    {
        var kinds = new List<(string, string?)>();
        var cursor = new SegmentFormat.Cursor(bytes);
        while (!cursor.IsAtEnd)
        {
            string role = cursor.Text();
            bool hasPeer = cursor.Number(1) == 1;
            string peer = cursor.Text();
            kinds.Add((role, hasPeer ? peer : null));
        }

        return [.. kinds];
    }

    private static (SegmentArchive[] Archives, int[] FirstMessages) ReadArchives(ReadOnlySpan<byte> bytes, int messages)
    {
        var archives = new List<SegmentArchive>();
        var firsts = new List<int>();
        var cursor = new SegmentFormat.Cursor(bytes);
        long first = 0;
        while (!cursor.IsAtEnd)
        {
            (SegmentArchive archive, int count) = cursor.Archive();
            archives.Add(archive);
            firsts.Add((int)first);
            first += count;
            if (first > messages)
            {
                break;
            }
        }

        if (first != messages)
        {
            throw SegmentFormat.Damaged("the messages of its archives");
        }

        return ([.. archives], [.. firsts, messages]);
    }

    private static Block[] ReadBlocks(ReadOnlySpan<byte> bytes, long[] begins, int terms)
    {
        var blocks = new List<Block>();
        var cursor = new SegmentFormat.Cursor(bytes);
        long offset = begins[SegmentFormat.Dictionary];
        long postings = 0;
        while (!cursor.IsAtEnd)
        {
            byte[] first = cursor.Bytes(cursor.Number(SegmentFormat.MaxTermBytes)).ToArray();
            int length = cursor.Number(int.MaxValue);
            ulong hash = cursor.Number();
            blocks.Add(new Block(first, offset, length, hash, postings));
            offset += length;
            postings += (long)Math.Min(cursor.Number(), long.MaxValue / 2);
            if (offset > begins[SegmentFormat.Rows] || postings > begins[SegmentFormat.Dictionary])
            {
                throw SegmentFormat.Damaged("a block");
            }
        }

        return offset == begins[SegmentFormat.Rows] && postings == begins[SegmentFormat.Dictionary]
            && blocks.Count == (terms + SegmentFormat.BlockTerms - 1) / SegmentFormat.BlockTerms
                ? [.. blocks]
                : throw SegmentFormat.Damaged("its blocks");
    }

    // The last block that begins with the term or before it; -1: there is none.
    private int BlockOf(ReadOnlySpan<byte> term)
    {
        int low = 0;
        int high = _blocks.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_blocks[middle].First.AsSpan().SequenceCompareTo(term) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private async ValueTask<List<(byte[] Term, SegmentTerm Place)>> ReadBlockAsync(int number, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> bytes = await _bytes.ReadAsync(_blocks[number].Offset, _blocks[number].Length, cancellationToken);
        return ReadBlock(number, bytes.Span);
    }

    private List<(byte[] Term, SegmentTerm Place)> ReadBlock(int number, ReadOnlySpan<byte> bytes) =>
        XxHash3.HashToUInt64(bytes) == _blocks[number].Hash
            ? ReadBlock(bytes, _blocks[number].Postings)
            : throw SegmentFormat.Damaged("the checksum of a block");

    private List<(byte[] Term, SegmentTerm Place)> ReadBlock(ReadOnlySpan<byte> bytes, long postings)
    {
        var terms = new List<(byte[] Term, SegmentTerm Place)>(SegmentFormat.BlockTerms);
        var cursor = new SegmentFormat.Cursor(bytes);
        byte[] last = [];
        while (!cursor.IsAtEnd)
        {
            int shared = cursor.Number(last.Length);
            ReadOnlySpan<byte> own = cursor.Bytes(cursor.Number(SegmentFormat.MaxTermBytes));
            last = [.. last.AsSpan(0, shared), .. own];
            var place = new SegmentTerm(cursor.Number(Messages), postings, cursor.Number(int.MaxValue));
            postings += place.Length;
            if (postings > _begins[SegmentFormat.Dictionary])
            {
                throw SegmentFormat.Damaged("a term");
            }

            terms.Add((last, place));
        }

        return terms;
    }

    private sealed record Block(byte[] First, long Offset, int Length, ulong Hash, long Postings);
}
