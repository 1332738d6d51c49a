using CsCheck;
using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Tests.Indexing;

public sealed class ReadAheadSegmentTests
{
    private const int Length = 5 * ReadAheadSegment.WindowBytes / 2;

    private static readonly byte[] s_bytes = [.. Enumerable.Range(0, Length).Select(static i => (byte)(i * 31 >> 3))];

    [Fact]
    public async Task Whatever_is_read_in_whatever_order_is_what_is_there() =>
        await Gen.Select(Gen.Int[0, Length], Gen.Int[0, Length]).Array[1, 20].SampleAsync(
            async reads =>
            {
                var segment = new ReadAheadSegment(new MemoryBytes(s_bytes));
                foreach ((int one, int other) in reads)
                {
                    (int offset, int length) = (Math.Min(one, other), Math.Abs(one - other));
                    ReadOnlyMemory<byte> read = await segment.ReadAsync(offset, length, TestContext.Current.CancellationToken);
                    Assert.True(s_bytes.AsSpan(offset, length).SequenceEqual(read.Span));
                }
            },
            iter: 100,
            threads: 1);

    [Fact]
    public async Task Two_parts_that_are_read_in_turns_are_read_once_each()
    {
        var counted = new MemoryBytes(s_bytes);
        var segment = new ReadAheadSegment(counted);
        for (int i = 0; i < Length / 2; i += 1_000)
        {
            await segment.ReadAsync(i, Math.Min(1_000, (Length / 2) - i), TestContext.Current.CancellationToken);
            await segment.ReadAsync((Length / 2) + i, Math.Min(1_000, (Length / 2) - i), TestContext.Current.CancellationToken);
        }

        Assert.InRange(counted.Reads, 4, 6);
    }
}
