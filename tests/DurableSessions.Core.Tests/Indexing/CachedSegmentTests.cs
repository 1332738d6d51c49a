using CsCheck;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Core.Tests.Indexing;

public sealed class CachedSegmentTests
{
    private const int Page = 100;
    private const int Pages = 40;

    private static readonly byte[] s_bytes = [.. Enumerable.Range(0, (Page * Pages) - 30).Select(static i => (byte)(i * 31 / 7))];

    private static readonly Gen<(long Offset, int Length)[]> s_ranges = Gen.Select(Gen.Int[0, s_bytes.Length], Gen.Int[0, 3 * Page])
        .Select(static (offset, length) => ((long)offset, Math.Min(length, s_bytes.Length - offset))).Array[0, 8];

    private static readonly Gen<int> s_room = Gen.Int[0, 2].Select(static i => new[] { 0, 2_000, 100_000 }[i]);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>With room for nothing, for some pages, and for all.</summary>
    [Fact]
    public async Task Reads_what_is_there() => await Gen.Select(s_ranges.Array[1, 6], s_room).SampleAsync(
        async (reads, maxBytes) =>
        {
            using HostCache memory = Memory(maxBytes);
            var segment = new CachedSegment(new MemoryBytes(s_bytes), "a", memory, Page);
            foreach ((long Offset, int Length)[] ranges in reads)
            {
                ReadOnlyMemory<byte>[] read = await segment.ReadAllAsync(ranges, Cancelled);
                Assert.Equal(ranges.Length, read.Length);
                Assert.All(ranges.Zip(read), static r =>
                    Assert.Equal(s_bytes.AsSpan((int)r.First.Offset, r.First.Length), r.Second.Span));
            }

            Assert.InRange(memory.Bytes, 0, maxBytes);
        },
        iter: 200,
        threads: 1);

    [Fact]
    public async Task What_was_read_once_is_not_read_again_and_adjacent_pages_are_read_together()
    {
        using HostCache memory = Memory(1_000_000);
        var bytes = new MemoryBytes(s_bytes);
        var segment = new CachedSegment(bytes, "a", memory, Page);

        // Pages 0 and 1, 2 again and 7; and what is longer than a page.
        (long, int)[] ranges = [(10, 20), (150, 100), (205, 0), (299, 1), (720, 5), (1_000, 350)];
        await segment.ReadAllAsync(ranges, Cancelled);
        Assert.Equal(3, bytes.Reads);
        await segment.ReadAllAsync(ranges, Cancelled);
        Assert.Equal(30, (await segment.ReadAsync(170, 30, Cancelled)).Length);
        Assert.Equal(3, bytes.Reads);

        // One read has 16 pages at most.
        await segment.ReadAllAsync([.. Enumerable.Range(15, 24).Select(static p => ((long)p * Page, 1))], Cancelled);
        Assert.Equal(5, bytes.Reads);

        // Another segment has other bytes.
        var other = new CachedSegment(new MemoryBytes([.. s_bytes.Reverse()]), "b", memory, Page);
        Assert.Equal(s_bytes[^1], (await other.ReadAsync(0, 1, Cancelled)).Span[0]);
    }

    [Fact]
    public async Task A_read_that_fails_is_not_remembered()
    {
        using HostCache memory = Memory(1_000_000);
        var bytes = new MemoryBytes(s_bytes);
        var segment = new CachedSegment(bytes, "a", memory, Page);
        bytes.Fails = true;
        await Assert.ThrowsAsync<IOException>(() => segment.ReadAsync(0, 10, Cancelled).AsTask());
        bytes.Fails = false;
        Assert.Equal(s_bytes[..10], (await segment.ReadAsync(0, 10, Cancelled)).ToArray());
    }

    private static HostCache Memory(long maxBytes) => new(NullLoggerFactory.Instance, maxBytes);
}
