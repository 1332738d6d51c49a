using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Recall;

/// <summary>What was said in an archive is found from its switch on, on every host, as long as the archive is there.</summary>
[Collection(nameof(Simulated))]
public sealed class MessageSearchTests
{
    private static readonly SemanticOutcome s_uncovered = new(ArchiveState.Uncovered, null);

    private readonly SessionKey _key = new("acme", "ada", "s1");
    private readonly SessionKey _other = new("acme", "ada", "s2");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_message_is_found_on_each_host_and_read_once() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await host.AppendAsync(_key, "nothing of it", "the walrus sings", "nor here");
        string id = (await host.AppendAsync(_key, "a pelican listens")).MessageIds[0];
        await host.CommitToEndAsync(_key);
        using Host fresh = await Host.StartAsync(cluster, container);
        foreach (Host searching in (Host[])[host, fresh])
        {
            SearchHit hit = Assert.Single(await SearchAsync(searching, "pelicans"));
            Assert.Equal((_key, 1), (hit.Archive!.Session, hit.Archive.Number));
            Assert.Equal((id, "user", "a pelican listens"), (hit.Message!.Id, hit.Message.Role, hit.Message.Snippet));
        }

        // Of the index a listing, of the hit its session and its line.
        fresh.Log.Clear();
        Assert.Single(await SearchAsync(fresh, "walrus"));
        Assert.Equal(["list"], fresh.Log.Requests.Where(static r => r.Is("GET", "search/")).Select(static r => r.Comp));
        Assert.Single(fresh.Log.Requests, static r => r.Is("GET", "manifests/"));
        Assert.EndsWith(
            "/messages.jsonl", Assert.Single(fresh.Log.Requests, static r => r.Is("GET", "archives/")).Blob, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_message_is_found_by_no_commit_before_its_switch_and_by_no_host_after_its_deletion() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_key, "a pelican listens");
        CommitInput commit = await host.ClearAsync(_key, "c1");
        Assert.Empty(await IndexesAsync(container));
        await host.SwitchAsync(commit, s_uncovered);
        Assert.Single(await SearchAsync(host, "pelican"));
        await host.DeleteAsync(commit);
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        Assert.Empty(await SearchAsync(host, "pelican"));
        Assert.Empty(await SearchAsync(fresh, "pelican"));
        await host.DeleteBlobsAsync(commit);
        Assert.Empty(await IndexesAsync(container));
    });

    [Fact]
    public Task What_is_deleted_and_still_in_the_index_hides_nothing_that_lives() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_other, "of pelicans there is a word in this long sentence about much else that was said");
        await host.SwitchAsync(await host.ClearAsync(_other, "c2"), s_uncovered);
        await host.AppendAsync(_key, [.. Enumerable.Repeat("pelican pelican", SegmentSearch.MaxHits)]);
        CommitInput commit = await host.ClearAsync(_key, "c1");
        await host.SwitchAsync(commit, s_uncovered);
        Assert.Equal(_key, (await SearchAsync(host, "pelican"))[0].Archive!.Session);
        await host.DeleteAsync(commit);
        Assert.NotEmpty(await IndexesAsync(container));
        IReadOnlyList<SearchHit> hits = await host.Store.MemorySearch.SearchAsync(_key.Owner, "pelican", 1, where: null, Cancelled);
        Assert.Equal(_other, Assert.Single(hits).Archive!.Session);
    });

    [Fact]
    public Task However_often_an_archive_is_switched_or_covered_it_is_indexed_once() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host first = await Host.StartAsync(cluster, container.Name);
        using Host second = await Host.StartAsync(cluster, container.Name);
        await first.AppendAsync(_key, "a pelican listens");
        CommitInput commit = await first.ClearAsync(_key, "c1");
        await second.AppendAsync(_key, "later");
        await first.SwitchAsync(commit, s_uncovered);
        string before = Assert.Single(await IndexesAsync(container));
        CommitInput again = commit with { Attempt = 2 };
        await second.SwitchAsync(again, await second.SemanticProcessAsync(again));
        await second.SwitchAsync(again, await second.SemanticProcessAsync(again));
        Assert.Equal(before, Assert.Single(await IndexesAsync(container)));
        Assert.Equal(1, BlobNames.FindSearchSegment(before)!.Value.Commit.Attempt);
    });

    [Fact]
    public Task A_damaged_message_holds_up_neither_the_switch_nor_the_other_messages() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_key, "a walrus sings", "a pelican listens", "an otter sleeps");
        CommitInput commit = await host.ClearAsync(_key, "c1");
        await ChangeAsync(
            container,
            ArchiveStore.MessagesName(commit.ThisAttempt),
            static text => text.Replace("\"type\":\"text\",\"text\":\"a pelican", "X", StringComparison.Ordinal));
        using Host other = await Host.StartAsync(cluster, container.Name);
        Assert.Equal(1, (await other.SwitchAsync(commit, s_uncovered)).Number);
        Assert.Equal("an otter sleeps", Assert.Single(await SearchAsync(other, "otter")).Message!.Snippet);
        Assert.Equal("a walrus sings", Assert.Single(await SearchAsync(other, "walrus")).Message!.Snippet);
        Assert.Empty(await SearchAsync(other, "pelican"));
    });

    [Fact]
    public Task A_damaged_segment_holds_up_no_search() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await SwitchAsync(host, _key, "a pelican listens");
        await SwitchAsync(host, _other, "a pelican sings");
        string damaged = (await IndexesAsync(container)).Single(static n => n.Contains("/s1/", StringComparison.Ordinal));
        await ChangeAsync(container, damaged, static text => text[..(text.Length / 2)]);
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        Assert.Equal("a pelican sings", Assert.Single(await SearchAsync(fresh, "pelican")).Message!.Snippet);
    });

    /// <summary>A search has listed the long segment of an archive that is deleted before the search reads of it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_long_segment_that_goes_or_is_damaged_while_it_is_searched_hides_no_other(bool isDeleted) =>
        Simulated.RunAsync(async cluster =>
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            using Host host = await Host.StartAsync(cluster, container.Name);
            await SwitchAsync(host, _key, [.. Enumerable.Range(0, 10).Select(static m => "a pelican " + LongText(m))]);
            await SwitchAsync(host, _other, "a pelican sings");
            Assert.Equal(2, (await SearchAsync(host, "pelican")).Count);
            string longOne = (await IndexesAsync(container)).Single(static n => n.Contains("/s1/", StringComparison.Ordinal));
            BlobClient blob = container.GetBlobClient(longOne);
            BlobProperties properties = await blob.GetPropertiesAsync(cancellationToken: Cancelled);
            Assert.True(properties.ContentLength > BlobSegment.SmallBytes);

            // It has opened the segments, and read the end of the dictionary.
            using Host fresh = await Host.StartAsync(cluster, container.Name);
            Assert.Empty(await SearchAsync(fresh, "zebra"));

            // Whenever it is listed, it has gone when it is read.
            bool isGoing = true;
            fresh.Log.Clear();
            fresh.Faults.When(r => isGoing && r.Is("GET", longOne, ""), Fault.Respond(404, "BlobNotFound"), times: 200);
            await Assert.ThrowsAsync<ContentionException>(() => SearchAsync(fresh, "pelican"));
            Assert.Equal(10, fresh.Log.Requests.Count(static r => r.Is("GET", BlobNames.Search, "list")));
            isGoing = false;

            var read = new HoldsRequest();
            fresh.Faults.When(r => r.Is("GET", longOne, ""), read);
            Task<IReadOnlyList<SearchHit>> search =
                fresh.Store.MemorySearch.SearchAsync(_key.Owner, "pelican", 10, where: null, Cancelled);
            await read.Arrived;
            await (isDeleted
                ? blob.DeleteAsync(cancellationToken: Cancelled)
                : (Task)blob.UploadAsync(new BinaryData(new byte[properties.ContentLength]), overwrite: true, Cancelled));
            await read.ReleaseAsync();
            Assert.Contains(await search, h => h.Archive!.Session == _other && h.Message!.Snippet == "a pelican sings");

            // What a host has read of a segment it does not read again.
            host.Log.Clear();
            Assert.Contains(await SearchAsync(host, "pelican"), h => h.Archive!.Session == _other);
            Assert.Equal(["list"], host.Log.Requests.Where(static r => r.Is("GET", "search/")).Select(static r => r.Comp));
        });

    [Fact]
    public Task A_host_indexes_one_long_archive_at_a_time_and_short_ones_beside_it() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        SessionKey shortOne = new("acme", "ada", "s3");
        foreach (SessionKey key in (SessionKey[])[_key, _other])
        {
            await host.AppendAsync(key, [.. "abc".Select(static c => new string(c, ArchiveIndexer.LongBytes / 2))]);
        }

        await host.AppendAsync(shortOne, "a pelican sings");
        CommitInput[] commits =
        [
            await host.ClearAsync(_key, "c1"), await host.ClearAsync(_other, "c2"), await host.ClearAsync(shortOne, "c3"),
        ];
        var write = new HoldsRequest();
        host.Faults.When(static r => r.Is("PUT", "search/"), write);
        Task first = host.SwitchAsync(commits[0], s_uncovered);
        await write.Arrived;
        Task second = host.SwitchAsync(commits[1], s_uncovered);
        await host.SwitchAsync(commits[2], s_uncovered);
        await Task.Delay(TimeSpan.FromSeconds(10), host.Time, Cancelled);
        Assert.False(second.IsCompleted);
        Assert.DoesNotContain(host.Log.Requests, static r => r.Is("GET", "archives/") && r.Blob.Contains("/s2/", StringComparison.Ordinal)
            && r.Blob.EndsWith("messages.jsonl", StringComparison.Ordinal));
        await write.ReleaseAsync();
        await Task.WhenAll(first, second);
    });

    [Fact]
    public Task Many_messages_of_one_archive_do_not_hide_another_archive() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        await SwitchAsync(host, _key, [.. Enumerable.Range(1, SegmentSearch.MaxHits + 20).Select(static i => "pelican")]);
        await SwitchAsync(host, _other, "of all that was ever said here about birds, this about a pelican is a long sentence");
        Assert.Equal([_key, _other], (await SearchAsync(host, "pelican")).Select(static h => h.Archive!.Session));
    });

    private static string LongText(int message) =>
        string.Join(' ', Enumerable.Range(0, 6_000).Select(i => $"w{(message * 6_000) + i}x{i * 7919 % 10_007}"));

    private static Task<IReadOnlyList<SearchHit>> SearchAsync(Host host, string query) =>
        host.Store.MemorySearch.SearchAsync(new UserKey("acme", "ada"), query, 10, where: null, Cancelled);

    private static async Task SwitchAsync(Host host, SessionKey key, params string[] texts)
    {
        foreach (string[] chunk in texts.Chunk(100))
        {
            await host.AppendAsync(key, chunk);
        }

        await host.SwitchAsync(await host.ClearAsync(key, $"c{key.Id}"), s_uncovered);
    }

    private static async Task<List<string>> IndexesAsync(BlobContainerClient container) => await container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = BlobNames.Search }, Cancelled)
        .Select(static b => b.Name)
        .ToListAsync(Cancelled);

    private static async Task ChangeAsync(BlobContainerClient container, string name, Func<string, string> change)
    {
        BlobClient blob = container.GetBlobClient(name);
        string before = Encoding.Latin1.GetString((await blob.DownloadContentAsync(Cancelled)).Value.Content);
        string after = change(before);
        Assert.NotEqual(before, after);
        await blob.UploadAsync(new BinaryData(Encoding.Latin1.GetBytes(after)), overwrite: true, Cancelled);
    }
}
