using System.Runtime.CompilerServices;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Context;

/// <summary>
/// The blocks of archives that one context reads, no more than a number of them. Lines of them are slices of these blocks, so each counts
/// as a whole in what the context holds.
/// </summary>
/// <param name="archives">Where they are read.</param>
/// <param name="most">How many.</param>
/// <param name="counter">Counts each that costs a request, before it is read.</param>
/// <param name="hold">Asked before another one is held, with the bytes of all.</param>
internal sealed class ContextBlocks(ArchiveBlocks archives, int most, ReadCounter counter, Func<long, ValueTask> hold)
{
    private const byte LineFeed = (byte)'\n';

    private readonly Dictionary<(CommitAttempt, long), ReadOnlyMemory<byte>> _held = [];

    /// <summary>
    /// The lines of an archive from the last one backwards, until the first, or until no more blocks may be read.
    /// </summary>
    /// <param name="commit">Whose messages.</param>
    /// <param name="length">Their bytes, as the archive's entry has it.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="FormatException">They do not end there with the end of a line.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadBackwardsAsync(
        CommitAttempt commit, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Of the line that is not at its beginning yet, in order.
        var ends = new LinkedList<ReadOnlyMemory<byte>>();
        for (long block = (length - 1) / ArchiveBlocks.BlockBytes; length > 0 && block >= 0; block--)
        {
            if (await FindAsync(commit, block, cancellationToken) is not { } bytes)
            {
                yield break;
            }

            int expected = (int)Math.Min(ArchiveBlocks.BlockBytes, length - (block * ArchiveBlocks.BlockBytes));
            bool isLast = block == (length - 1) / ArchiveBlocks.BlockBytes;
            if (bytes.Length != expected || (isLast && bytes.Span[^1] != LineFeed))
            {
                throw new FormatException($"The messages of commit '{commit.CommitId}' do not end after {length} bytes.");
            }

            ReadOnlyMemory<byte> rest = isLast ? bytes[..^1] : bytes;
            while (rest.Span.LastIndexOf(LineFeed) is >= 0 and var at)
            {
                ends.AddFirst(rest[(at + 1)..]);
                yield return Join(ends);
                ends.Clear();
                rest = rest[..at];
            }

            ends.AddFirst(rest);
        }

        if (ends.Count > 0)
        {
            yield return Join(ends);
        }
    }

    /// <summary>Bytes of an archive's messages; <see langword="null"/>: they end before, or no more blocks may be read.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> FindAsync(
        CommitAttempt commit, long offset, int length, CancellationToken cancellationToken)
    {
        var pieces = new LinkedList<ReadOnlyMemory<byte>>();
        for (long at = offset; at < offset + length;)
        {
            int start = (int)(at % ArchiveBlocks.BlockBytes);
            if (await FindAsync(commit, at / ArchiveBlocks.BlockBytes, cancellationToken) is not { } bytes || start >= bytes.Length)
            {
                return null;
            }

            int count = (int)Math.Min(bytes.Length - start, offset + length - at);
            pieces.AddLast(bytes.Slice(start, count));
            at += count;
        }

        return Join(pieces);
    }

    private async ValueTask<ReadOnlyMemory<byte>?> FindAsync(CommitAttempt commit, long block, CancellationToken cancellationToken)
    {
        if (_held.TryGetValue((commit, block), out ReadOnlyMemory<byte> held))
        {
            return held;
        }

        if (_held.Count >= most)
        {
            return null;
        }

        await hold((_held.Count + 1L) * ArchiveBlocks.BlockBytes);
        await counter.AddBlobsAsync(archives.Knows(commit, block) ? 0 : 1);
        ReadOnlyMemory<byte> bytes = await archives.ReadAsync(commit, block, cancellationToken);
        _held.Add((commit, block), bytes);
        return bytes;
    }

    // A line of several blocks is copied once, when all of it is there.
    private static ReadOnlyMemory<byte> Join(LinkedList<ReadOnlyMemory<byte>> pieces)
    {
        if (pieces.Count == 1)
        {
            return pieces.First!.Value;
        }

        byte[] joined = new byte[pieces.Sum(static p => p.Length)];
        int at = 0;
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            piece.CopyTo(joined.AsMemory(at));
            at += piece.Length;
        }

        return joined;
    }
}
