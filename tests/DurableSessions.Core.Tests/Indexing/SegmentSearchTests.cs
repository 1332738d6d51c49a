using System.Text;
using CsCheck;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Core.Tests.Indexing;

public sealed class SegmentSearchTests
{
    private const double Tolerance = 1e-4;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    // Words without a stem: what is compared is the ranking.
    private static readonly Gen<string> s_text =
        Gen.Int[0, 12].Select(static w => $"w{w * w}").Array[0, 8].Select(static w => string.Join(' ', w));

    private static readonly Gen<string[][]> s_archives = s_text.Array[0, 6].Array[1, 6];

    [Fact]
    public async Task Ranks_as_BM25_does_with_neighbours_and_archive() => await Gen.Select(s_archives, s_text).SampleAsync(
        async (archives, query) =>
        {
            SegmentReader[] segments = await Task.WhenAll(archives.Select(static (a, i) => Indexed.OpenAsync(Indexed.Archive(i + 1), a)));
            IReadOnlyList<MessageMatch> found = await Indexed.SearchAsync(segments, query);
            NaiveBm25 naive = new(archives, query);
            AssertSame(naive.Hits, found);
            double[] ranks = [.. found.Select(f => naive.RankOf(f.Archive.Number, f.Index))];
            for (int i = 1; i < ranks.Length; i++)
            {
                Assert.True(ranks[i] <= ranks[i - 1] + Tolerance, $"{ranks[i - 1]} before {ranks[i]}");
                Assert.True(found[i].Score <= found[i - 1].Score);
            }
        },
        iter: 300,
        threads: 1);

    [Fact]
    public async Task Merged_in_any_way_finds_the_same_and_a_duplicate_counts_once() =>
        await Gen.Select(s_archives, s_text, Gen.Int[0, 2].Array[6], Gen.Bool).SampleAsync(
            async (archives, query, parts, withInputs) =>
            {
                byte[][] single = await Task.WhenAll(archives.Select(static (a, i) => Indexed.BytesAsync(Indexed.Archive(i + 1), a)));
                byte[][] merged = await Task.WhenAll(
                    Enumerable.Range(0, 3).Select(p => Indexed.MergeAsync(single.Where((_, i) => parts[i] == p))));
                SegmentReader[] segments = await Task.WhenAll((withInputs ? [.. merged, .. single] : merged).Select(Indexed.OpenAsync));
                AssertSame(new NaiveBm25(archives, query).Hits, await Indexed.SearchAsync(segments, query));
            },
            iter: 200,
            threads: 1);

    /// <summary>Of more messages than are answered, from storage and from pages that a host remembers, or has no room for.</summary>
    [Fact]
    public async Task The_best_are_those_of_all() =>
        await Gen.Select(s_text.Array[50, 70].Array[1, 4], s_text, Gen.Int[1, 600], Gen.Int[0, 8_000], Gen.Bool).SampleAsync(
            async (archives, query, pageBytes, maxBytes, isMerged) =>
            {
                byte[][] bytes = await Task.WhenAll(archives.Select(static (a, i) => Indexed.BytesAsync(Indexed.Archive(i + 1), a)));
                bytes = isMerged ? [await Indexed.MergeAsync(bytes)] : bytes;
                SegmentReader[] segments = await Task.WhenAll(bytes.Select(Indexed.OpenAsync));
                using var memory = new HostCache(NullLoggerFactory.Instance, maxBytes);
                SegmentReader[] cached = await Task.WhenAll(bytes.Select((b, i) => SegmentReader.OpenAsync(
                    new MemoryBytes(b), new CachedSegment(new MemoryBytes(b), $"{i}", memory, pageBytes), Cancelled)));
                IReadOnlyList<MessageMatch> found = await Indexed.SearchAsync(segments, query);
                Assert.Equal(found, await Indexed.SearchAsync(cached, query));
                Assert.Equal(found, await Indexed.SearchAsync(cached, query));

                NaiveBm25 naive = new(archives, query);
                double[] all = [.. naive.Hits.Keys.Select(h => naive.RankOf(h.Archive, h.Index)).OrderDescending()];
                double[] ranks = [.. found.Select(f => naive.RankOf(f.Archive.Number, f.Index))];
                Assert.Equal(Math.Min(all.Length, SegmentSearch.MaxHits), ranks.Length);
                Assert.All(ranks.Zip(all), static r => Assert.Equal(r.Second, r.First, Tolerance));
            },
            iter: 20,
            threads: 1);

    [Fact]
    public async Task Each_segment_is_asked_for_little()
    {
        string[] texts = [.. Enumerable.Range(0, 2_000).Select(static i => $"common w{i} w{i + 1} w{i * 7}")];
        var bytes = new MemoryBytes(await Indexed.BytesAsync(Indexed.Archive(1), texts));
        SegmentReader segment = await SegmentReader.OpenAsync(bytes, TestContext.Current.CancellationToken);
        Assert.Equal(2, bytes.Reads);
        MessageMatch match = (await Indexed.SearchAsync([segment], "w1234 nowhere", limit: 1))[0];
        Assert.Equal((1233, "assistant"), (match.Index, match.Role));

        // Two blocks of the dictionary at most, and one term's postings.
        Assert.InRange(bytes.Reads, 4, 5);
    }

    [Fact]
    public async Task A_hit_says_where_its_line_is_who_said_it_and_when()
    {
        SegmentReader segment = await Indexed.OpenAsync(Indexed.Archive(7), "one", "two", "a needle here");
        MessageMatch match = Assert.Single(await Indexed.SearchAsync([segment], "needle"));
        Assert.Equal(
            (Indexed.Archive(7), 2, 203L, 102, "user", "p2", Indexed.Start.AddMinutes(2)),
            (match.Archive, match.Index, match.Offset, match.Length, match.Role, match.Peer, match.CreatedAt));
        Assert.InRange(match.Score, 0.35, 1);
    }

    [Fact]
    public async Task A_filter_leaves_out_before_the_limit_does()
    {
        SegmentReader segment = await Indexed.OpenAsync(Indexed.Archive(1), [.. Enumerable.Repeat("word", 200), "word again"]);
        SegmentReader other = await Indexed.OpenAsync(Indexed.Archive(2, "t"), "a word");
        async Task<string> FindAsync(MessageFilter filter) => string.Join(
            ' ', (await Indexed.SearchAsync([segment, other], "word", filter, 2)).Select(static m => $"{m.Archive.Number}:{m.Index}"));

        Assert.Equal("2:0", await FindAsync(new MessageFilter { SessionId = "t" }));
        Assert.Equal("2:0", await FindAsync(new MessageFilter { Archive = static a => a.Number == 2 }));
        Assert.Equal("1:200", await FindAsync(new MessageFilter { From = Indexed.Start.AddMinutes(200) }));
        Assert.Equal("1:2", await FindAsync(new MessageFilter { Peer = "p2", To = Indexed.Start.AddMinutes(5) }));
        Assert.Equal("1:1", await FindAsync(new MessageFilter { Role = "assistant", To = Indexed.Start.AddMinutes(3) }));
        Assert.Equal("", await FindAsync(new MessageFilter { Role = "tool" }));
    }

    [Theory]
    [InlineData("We committed the migration on Friday", "when was it commit")]
    [InlineData("The deadline is next Tuesday", "deadlines")]
    [InlineData("数据库迁移在周五完成", "迁移")]
    [InlineData("Port 8443 is open", "8443")]
    public async Task Finds(string text, string query)
    {
        SegmentReader segment = await Indexed.OpenAsync(Indexed.Archive(1), "nothing of it", text, "nor this");
        Assert.Equal(1, (await Indexed.SearchAsync([segment], query))[0].Index);
    }

    [Fact]
    public async Task Of_a_whole_prompt_the_first_and_the_last_words_are_looked_up()
    {
        string[] texts = [.. Enumerable.Range(0, 50).Select(static i => $"filler{i % 5} filler{i % 7} filler{i % 3}"), "the xylophone"];
        SegmentReader segment = await Indexed.OpenAsync(Indexed.Archive(1), texts);
        var prompt = new StringBuilder();
        for (int i = 0; i < 20_000; i++)
        {
            prompt.Append(System.Globalization.CultureInfo.InvariantCulture, $"unknown{i} ");
        }

        Assert.Equal(50, (await Indexed.SearchAsync([segment], $"{prompt} Where is the xylophone?"))[0].Index);
        Assert.Equal(50, (await Indexed.SearchAsync([segment], $"Where is the xylophone? {prompt}"))[0].Index);
        Assert.Empty(await Indexed.SearchAsync([segment], $"{prompt} Where is the xylophone? {prompt}"));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("x", "")]
    [InlineData("", "x")]
    [InlineData("…!?", "…")]
    public async Task Where_there_is_nothing_nothing_is_found(string text, string query) =>
        Assert.Empty(await Indexed.SearchAsync([await Indexed.OpenAsync(Indexed.Archive(1), text)], query));

    [Fact]
    public async Task A_hostile_text_is_indexed_as_any()
    {
        string[] texts = [new('a', 1_000_000), string.Concat(Enumerable.Repeat("word ", 200_000)), "\uD800 lone", "needle"];
        byte[] bytes = await Indexed.BytesAsync(Indexed.Archive(1), texts);
        Assert.InRange(bytes.Length, 1, 2_000);
        SegmentReader segment = await Indexed.OpenAsync(bytes);
        Assert.Equal(0, Assert.Single(await Indexed.SearchAsync([segment], new string('a', 64))).Index);
        Assert.Equal(1, Assert.Single(await Indexed.SearchAsync([segment], "word")).Index);
        Assert.Equal(2, Assert.Single(await Indexed.SearchAsync([segment], "lone")).Index);
    }

    private static void AssertSame(IReadOnlyDictionary<(int Archive, int Index), double> expected, IReadOnlyList<MessageMatch> found)
    {
        Assert.Equal(
            expected.Keys.Order(), found.Select(static f => (f.Archive.Number, f.Index)).Order());
        Assert.All(found, f => Assert.True(f.Score >= expected[(f.Archive.Number, f.Index)] - Tolerance));
        Assert.Equal(
            expected.Values.DefaultIfEmpty().Max(), found.Select(static f => f.Score).DefaultIfEmpty().Max(), Tolerance);
    }
}
