using System.Text;
using CsCheck;
using DurableSessions.Core.Indexing;

namespace DurableSessions.Core.Tests.Indexing;

public sealed class SegmentMergerTests
{
    private static readonly Gen<string[][]> s_archives =
        Gen.Int[0, 300].Select(static w => $"w{w}").Array[0, 40].Select(static w => string.Join(' ', w)).Array[0, 6].Array[0, 6];

    [Fact]
    public async Task Of_merged_segments_is_the_same_as_of_their_inputs_byte_by_byte() =>
        await Gen.Select(s_archives, Gen.Int[0, 6]).SampleAsync(
            async (archives, cut) =>
            {
                byte[][] single = await Task.WhenAll(archives.Select(static (a, i) => Indexed.BytesAsync(Indexed.Archive(i + 1), a)));
                byte[] once = await Indexed.MergeAsync(single);
                byte[] head = await Indexed.MergeAsync(single.Take(cut));
                Assert.Equal(once, await Indexed.MergeAsync([head, .. single.Skip(cut)]));
                Assert.Equal(once, await Indexed.MergeAsync([once, .. single]));
            },
            iter: 100,
            threads: 1);

    [Fact]
    public async Task What_is_not_kept_leaves_nothing() => await Gen.Select(s_archives, Gen.Bool.Array[6]).SampleAsync(
        async (archives, keeps) =>
        {
            byte[][] single = await Task.WhenAll(archives.Select(static (a, i) => Indexed.BytesAsync(Indexed.Archive(i + 1), a)));
            byte[] kept = await Indexed.MergeAsync(single.Where((_, i) => keeps[i]));
            Assert.Equal(kept, await Indexed.MergeAsync([await Indexed.MergeAsync(single)], a => keeps[a.Number - 1]));
            Assert.Equal(kept, await Indexed.MergeAsync(single, a => keeps[a.Number - 1]));
        },
        iter: 100,
        threads: 1);

    [Fact]
    public async Task The_words_of_what_is_not_kept_are_gone()
    {
        byte[] merged = await Indexed.MergeAsync(
            [await Indexed.BytesAsync(Indexed.Archive(1), "secret4711"), await Indexed.BytesAsync(Indexed.Archive(2), "other")],
            static a => a.Number == 2);
        Assert.DoesNotContain("secret4711", Encoding.Latin1.GetString(merged), StringComparison.Ordinal);
        Assert.Equal([Indexed.Archive(2)], (await Indexed.OpenAsync(merged)).Archives);
    }

    [Fact]
    public async Task A_damaged_segment_is_not_merged()
    {
        byte[] bytes = await Indexed.MergeAsync(
        [
            await Indexed.BytesAsync(Indexed.Archive(1), "one two three", "four five one", "数据"),
            await Indexed.BytesAsync(Indexed.Archive(2), [.. Enumerable.Range(0, 30).Select(static i => $"w{i} w{i * 3} one")]),
        ]);
        int damaged = 0;
        foreach (byte change in new byte[] { 0x01, 0x80, 0xFF })
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                byte[] copy = [.. bytes];
                copy[i] ^= change;
                damaged += await IsDamagedAsync(copy) ? 1 : 0;
            }
        }

        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.True(await IsDamagedAsync(bytes[..length]));
        }

        Assert.False(await IsDamagedAsync(bytes));

        // A search reads only some of the postings and cannot check them; a merge reads all.
        Assert.Equal(3 * bytes.Length, damaged);
    }

    private static async Task<bool> IsDamagedAsync(byte[] bytes)
    {
        try
        {
            SegmentReader segment = await Indexed.OpenAsync(bytes);
            await Indexed.SearchAsync([segment], "one two w3 数据 four");
            await Indexed.MergeAsync([bytes], static a => a.Number == 2);
            return false;
        }
        catch (FormatException)
        {
            return true;
        }
    }
}
