using DurableSessions.Core.State;
using Microsoft.Extensions.Caching.Memory;

namespace DurableSessions.Core.Indexing;

/// <summary>
/// The bytes of a segment for queries: what was read once this host remembers while it has room. Words that are beside each other in the
/// dictionary, and the postings of seldom ones, are read by the page; the postings of a frequent word as they are.
/// </summary>
/// <remarks>
/// Pages are the first that the host gives up. Where it remembers none at all, each read is of storage, and finds the same.
/// </remarks>
/// <param name="bytes">The segment.</param>
/// <param name="name">Its name: what has it has these bytes.</param>
/// <param name="memory">What this host remembers.</param>
/// <param name="pageBytes">The bytes of a page. What is longer is no page, but remembered by itself.</param>
internal sealed class CachedSegment(ISegmentBytes bytes, string name, HostCache memory, int pageBytes = CachedSegment.PageBytes)
    : ISegmentBytes
{
    /// <summary>The bytes of a page.</summary>
    public const int PageBytes = 64 * 1024;

    /// <summary>Adjacent pages that one read brings at most.</summary>
    public const int PagesOfRead = 16;

    private const int ReadAtOnce = 4;

    private static readonly TimeSpan s_unused = TimeSpan.FromMinutes(30);

    public long Length => bytes.Length;

    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken) =>
        (await ReadAllAsync([(offset, length)], cancellationToken))[0];

    /// <summary>What is not remembered is read at once: adjacent pages together, and each once.</summary>
    public async ValueTask<ReadOnlyMemory<byte>[]> ReadAllAsync(
        IReadOnlyList<(long Offset, int Length)> ranges, CancellationToken cancellationToken)
    {
        var pieces = new SortedDictionary<(long Offset, int Length), ReadOnlyMemory<byte>>();
        var missing = new List<(long Offset, int Length)>();
        foreach ((long Offset, int Length) piece in ranges.SelectMany(PiecesOf).Distinct().Order())
        {
            if (memory.TryGetValue(Remembered(piece), out ReadOnlyMemory<byte> known))
            {
                pieces.Add(piece, known);
            }
            else
            {
                missing.Add(piece);
            }
        }

        foreach (List<(long Offset, int Length)>[] chunk in Adjacent(missing).Chunk(ReadAtOnce))
        {
            await Task.WhenAll(chunk.Select(async run =>
            {
                ReadOnlyMemory<byte>[] read = await ReadRunAsync(run, cancellationToken);
                lock (pieces)
                {
                    for (int i = 0; i < read.Length; i++)
                    {
                        pieces.Add(run[i], read[i]);
                    }
                }
            }));
        }

        return [.. ranges.Select(Join)];

        ReadOnlyMemory<byte> Join((long Offset, int Length) range)
        {
            (long Offset, int Length)[] parts = [.. PiecesOf(range)];
            if (parts.Length == 1)
            {
                return pieces[parts[0]].Slice((int)(range.Offset - parts[0].Offset), range.Length);
            }

            byte[] joined = new byte[range.Length];
            foreach ((long Offset, int Length) part in parts)
            {
                long begins = Math.Max(range.Offset, part.Offset);
                long ends = Math.Min(range.Offset + range.Length, part.Offset + part.Length);
                pieces[part].Slice((int)(begins - part.Offset), (int)(ends - begins)).CopyTo(joined.AsMemory((int)(begins - range.Offset)));
            }

            return joined;
        }
    }

    // The pages that it is in; none, where it is empty.
    private IEnumerable<(long Offset, int Length)> PiecesOf((long Offset, int Length) range)
    {
        if (range.Length > pageBytes)
        {
            yield return range;
            yield break;
        }

        for (long page = range.Offset / pageBytes * pageBytes; page < range.Offset + range.Length; page += pageBytes)
        {
            yield return (page, (int)Math.Min(pageBytes, Length - page));
        }
    }

    private IEnumerable<List<(long Offset, int Length)>> Adjacent(IEnumerable<(long Offset, int Length)> pieces)
    {
        var run = new List<(long Offset, int Length)>();
        foreach ((long Offset, int Length) piece in pieces)
        {
            if (run.Count > 0
                && (run.Count == PagesOfRead || run[^1].Offset + run[^1].Length != piece.Offset
                    || run[^1].Length > pageBytes || piece.Length > pageBytes))
            {
                yield return run;
                run = [];
            }

            run.Add(piece);
        }

        if (run.Count > 0)
        {
            yield return run;
        }
    }

    // Each is an array of its own: what is given up is given up.
    private async Task<ReadOnlyMemory<byte>[]> ReadRunAsync(List<(long Offset, int Length)> run, CancellationToken cancellationToken)
    {
        long begins = run[0].Offset;
        ReadOnlyMemory<byte> read = await bytes.ReadAsync(begins, (int)(run[^1].Offset + run[^1].Length - begins), cancellationToken);
        var pieces = new ReadOnlyMemory<byte>[run.Count];
        for (int i = 0; i < pieces.Length; i++)
        {
            ReadOnlyMemory<byte> piece = read.Slice((int)(run[i].Offset - begins), run[i].Length);
            pieces[i] = run.Count == 1 ? piece : piece.ToArray();
            MemoryCacheEntryOptions options = HostCache.Sized(pieces[i].Length, s_unused);
            options.Priority = CacheItemPriority.Low;
            memory.Set(Remembered(run[i]), pieces[i], options);
        }

        return pieces;
    }

    private (string Kind, string Name, long Offset, int Length) Remembered((long Offset, int Length) piece) =>
        ("page", name, piece.Offset, piece.Length);
}
