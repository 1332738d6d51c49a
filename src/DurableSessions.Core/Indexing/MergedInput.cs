using System.Buffers.Binary;
using System.IO.Hashing;

namespace DurableSessions.Core.Indexing;

/// <summary>A segment that is merged: its terms, one after the other, and where its messages are in the result.</summary>
/// <param name="reader">The segment.</param>
/// <param name="keeps">Of each archive whether it is in the result.</param>
/// <param name="firstMessage">Where its messages begin in the result.</param>
/// <param name="cancellationToken">Stops reading.</param>
internal sealed class MergedInput(SegmentReader reader, bool[] keeps, int firstMessage, CancellationToken cancellationToken)
    : IAsyncDisposable
{
    private readonly IAsyncEnumerator<(byte[] Term, SegmentTerm Place)> _terms =
        reader.ListTermsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    private readonly int[] _moves = new int[keeps.Length];
    private readonly XxHash64 _postings = new();

    public int FirstMessage => firstMessage;

    /// <summary>The term it is at.</summary>
    public byte[] Term => _terms.Current.Term;

    /// <summary>Goes to the next term; false: there is none, and the postings of those before it are what was written.</summary>
    /// <exception cref="FormatException">They are damaged, which the result would have for good, with a checksum that holds.</exception>
    public async ValueTask<bool> NextTermAsync()
    {
        if (await _terms.MoveNextAsync())
        {
            return true;
        }

        return _postings.GetCurrentHashAsUInt64() == reader.PostingsHash
            ? false
            : throw SegmentFormat.Damaged("the checksum of its postings");
    }

    public ValueTask DisposeAsync() => _terms.DisposeAsync();

    /// <summary>Copies what there is of the messages that are kept, and says how many these are, and of how many terms.</summary>
    public (int Messages, long Length) CopyMessages(
        Stream rows, Stream lengths, SegmentKinds kinds, List<(SegmentArchive, int)> archives)
    {
        Span<byte> bytes = stackalloc byte[SegmentFormat.RowBytes];
        int messages = 0;
        long length = 0;
        for (int archive = 0; archive < keeps.Length; archive++)
        {
            (int first, int end) = (reader.FirstMessages[archive], reader.FirstMessages[archive + 1]);
            _moves[archive] = firstMessage + messages - first;
            if (!keeps[archive])
            {
                continue;
            }

            for (int message = first; message < end; message++)
            {
                SegmentRow row = reader.RowOf(message);
                (string role, string? peer) = reader.Kinds[row.Kind];
                SegmentFormat.WriteRow(bytes, row.CreatedAt, (uint)row.Offset, (uint)row.Length, kinds.NumberOf(role, peer));
                rows.Write(bytes);
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)reader.LengthOf(message));
                lengths.Write(bytes[..SegmentFormat.LengthBytes]);
            }

            archives.Add((reader.Archives[archive], end - first));
            messages += end - first;
            length += reader.ArchiveLengths[archive];
        }

        return (messages, length);
    }

    /// <summary>Copies the messages that have the term it is at, but for those that are not kept.</summary>
    public async ValueTask CopyPostingsAsync(SegmentWriter writer)
    {
        ReadOnlyMemory<byte> postings = await reader.ReadPostingsAsync(_terms.Current.Place, cancellationToken);
        _postings.Append(postings.Span);
        Copy(postings.Span, writer);
    }

    private void Copy(ReadOnlySpan<byte> bytes, SegmentWriter writer)
    {
        int archive = -1;
        var postings = new SegmentPostings(bytes, reader.Messages);
        while (postings.Next())
        {
            if (archive < 0 || postings.Message >= reader.FirstMessages[archive + 1])
            {
                archive = reader.ArchiveOf(postings.Message);
            }

            if (keeps[archive])
            {
                writer.Add(postings.Message + _moves[archive], postings.Times);
            }
        }
    }
}
