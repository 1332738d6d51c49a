using Azure.Storage.Blobs;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Recall;

/// <summary>A session is found by the overview of its newest archive, and by none that was replaced.</summary>
[Collection(nameof(Simulated))]
public sealed class OverviewTests
{
    private readonly SessionKey _key = new("acme", "ada", "s1");
    private readonly SessionKey _other = new("acme", "ada", "s2");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Filters that an overview cannot be answered for.</summary>
    public static TheoryData<string> Filters => ["role", "peer", "from", "to", "category", "session"];

    [Fact]
    public Task The_newest_of_a_session_is_found_on_each_host_and_replaces_those_before_it() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await CommitAsync(host, _key, "# Birds\n- of a quokka\n- and a numbat, an old numbat", "m1");
        await CommitAsync(host, _other, "of a quokka, too", "m2");
        Assert.Equal([_key, _other], (await SearchAsync(host, "quokka")).Select(static h => h.Archive!.Session).OrderBy(static s => s.Id));
        await CommitAsync(host, _key, "# Birds\n- and a numbat, an old numbat", "m3");
        using Host fresh = await Host.StartAsync(cluster, container);
        foreach (Host searching in (Host[])[host, fresh])
        {
            Assert.Equal(_other, Assert.Single(await SearchAsync(searching, "quokka")).Archive!.Session);
            SearchHit hit = Assert.Single(await SearchAsync(searching, "numbats"));
            Assert.Equal((_key, 2, "1 messages"), (hit.Archive!.Session, hit.Archive.Number, hit.Archive.Abstract));
            Assert.Equal((null, "- and a numbat, an old numbat"), (hit.Message, hit.OverviewSnippet));
            Assert.InRange(hit.Score, 0.35, 0.4);
        }

        // Nothing is read for it but what each search reads, and the session.
        fresh.Log.Clear();
        Assert.Single(await SearchAsync(fresh, "numbat"));
        Assert.Single(fresh.Log.Requests, static r => r.Is("GET", "manifests/"));
        Assert.DoesNotContain(fresh.Log.Requests, static r => r.Is("GET", "archives/"));
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);
        Assert.Empty(await SearchAsync(host, "numbat"));
        Assert.Empty(await SearchAsync(fresh, "numbat"));
    });

    [Fact]
    public Task An_archive_that_is_found_by_message_abstract_and_overview_is_one_hit() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name);
        host.Processor.Says = " of a numbat";
        await CommitAsync(host, _key, "a numbat and a quokka", "the numbat sleeps");
        SearchHit hit = Assert.Single(await SearchAsync(host, "numbat"));
        Assert.Equal(("the numbat sleeps", null), (hit.Message!.Snippet, hit.OverviewSnippet));
        Assert.True(hit.Score >= 0.4);

        // What has more of the words in its messages comes before what has them all in its overview.
        await CommitAsync(host, _other, "a wombat", "a quokka jumps over a numbat");
        IReadOnlyList<SearchHit> hits = await SearchAsync(host, "numbat quokka");
        Assert.Equal([_other, _key], hits.Select(static h => h.Archive!.Session));
    });

    [Fact]
    public Task A_word_that_only_a_replaced_digest_has_is_not_found() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await CommitAsync(host, _key, "of a quokka", "m1");
        using Host other = await Host.StartAsync(cluster, container);
        Assert.Single(await SearchAsync(other, "quokka"));
        host.Processor.Overview = "of a numbat";
        await host.DigestToEndAsync(_key, 1, new DigestRequest(DigestMode.Replace));
        foreach (Host searching in (Host[])[host, other])
        {
            Assert.Empty(await SearchAsync(searching, "quokka"));
            Assert.Equal("of a numbat", Assert.Single(await SearchAsync(searching, "numbat")).OverviewSnippet);
        }

        await host.DigestToEndAsync(_key, 1, new DigestRequest(DigestMode.Restore) { Version = 1 });
        Assert.Empty(await SearchAsync(other, "numbat"));
        Assert.Equal("of a quokka", Assert.Single(await SearchAsync(other, "quokka")).OverviewSnippet);
    });

    [Theory]
    [MemberData(nameof(Filters))]
    public Task A_filter_that_it_cannot_be_answered_for_does_not_find_it(string by) => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await CommitAsync(host, _key, "of a quokka", "m1");
        SearchFilter filter = by switch
        {
            "role" => new SearchFilter { Role = "user" },
            "peer" => new SearchFilter { Peer = "a" },
            "from" => new SearchFilter { From = DateTimeOffset.MinValue },
            "to" => new SearchFilter { To = DateTimeOffset.MaxValue },
            "category" => new SearchFilter { Category = MemoryCategory.Events },
            _ => new SearchFilter { SessionId = "s2" },
        };
        Assert.Empty(await SearchAsync(host, "quokka", filter));
        Assert.Single(await SearchAsync(host, "quokka", new SearchFilter { SessionId = "s1", OnlySessions = true }));
    });

    [Fact]
    public Task A_peer_finds_it_only_where_it_may_see_all_that_it_is_of() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        foreach ((SessionKey key, string? peer) in ((SessionKey, string?)[])[(_key, "b"), (_other, null)])
        {
            await host.Store.Sessions.AppendAsync(key, [Words.Message("m1") with { PeerId = peer }], null, Cancelled);
            await CommitAsync(host, key, "of a quokka", "m2");
            await CommitAsync(host, key, "of a quokka", "m3");
        }

        var seen = new SearchFilter { SeenBy = "a" };
        Assert.Equal(2, (await SearchAsync(host, "quokka")).Count);
        Assert.Equal(_other, Assert.Single(await SearchAsync(host, "quokka", seen)).Archive!.Session);

        // By the line of its second archive the other one is found all the same.
        Assert.Equal(3, (await SearchAsync(host, "messages", seen)).Count);

        // Of an archive that is not in the index it is unknown who may see it.
        string first = BlobNames.SearchOfArchive(_other, await host.Store.Sessions.IncarnationAsync(_other, Cancelled), 1);
        await container.DeleteBlobAsync(
            (await container.GetBlobsAsync(new() { Prefix = first }, Cancelled).SingleAsync(Cancelled)).Name, cancellationToken: Cancelled);
        Assert.Empty(await SearchAsync(host, "quokka", seen));
        Assert.Equal(2, (await SearchAsync(host, "quokka")).Count);
    });

    [Fact]
    public void What_a_user_index_takes_is_counted_and_goes_with_the_overview()
    {
        var index = new UserIndex();
        index.Set(HitOf(2) with { Overview = string.Join(' ', Enumerable.Range(0, 400).Select(static i => $"word{i}")) });
        long withOverview = index.Bytes;
        Assert.InRange(withOverview, 128 * 400, 200 * 400);
        Assert.Equal("", index.Set(HitOf(1) with { Overview = "older" }).Overview);
        Assert.Empty(index.Search("older", static _ => true));
        index.Set(HitOf(3) with { Overview = "numbat" });
        Assert.InRange(index.Bytes, 1, 6_000);
        Assert.Empty(index.Search("word7", static _ => true));
        Assert.Empty(index.Search("numbat", static _ => false));
        Assert.Equal(3, Assert.Single(index.Search("numbat", static _ => true)).Archive!.Number);
        index.KeepArchives([]);
        Assert.Empty(index.Search("numbat", static _ => true));
        for (int number = 1; number <= 3; number++)
        {
            index.Forget(new CommitId($"c{number}"));
        }

        Assert.Equal(0, index.Bytes);

        ArchiveHit HitOf(int number) => new(_key, "i", new CommitId($"c{number}"), number, "a line");
    }

    private static async Task CommitAsync(Host host, SessionKey key, string overview, params string[] texts)
    {
        host.Processor.Overview = overview;
        await host.AppendAsync(key, texts);
        Assert.NotNull((await host.CommitToEndAsync(key)).Output);
    }

    private static Task<IReadOnlyList<SearchHit>> SearchAsync(Host host, string query, SearchFilter? filter = null) =>
        host.Store.MemorySearch.SearchAsync(new UserKey("acme", "ada"), query, 10, filter ?? SearchFilter.None, where: null, Cancelled);
}
