using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Recall;

/// <summary>A message is found from its append on, once, wherever commits have carried it to, until its session is deleted.</summary>
[Collection(nameof(Simulated))]
public sealed class LiveMessageTests
{
    private const string Manifests = "manifests/";
    private const string Logs = "segments/";

    private static readonly SemanticOutcome s_uncovered = new(ArchiveState.Uncovered, null);

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_message_is_found_at_once_on_each_host_and_read_once() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        await host.AppendAsync(_key, "nothing of it", "the walrus sings");
        using Host other = await Host.StartAsync(cluster, container);
        Assert.Empty(await SearchAsync(other, "pelican"));
        string id = (await host.AppendAsync(_key, "a pelican listens")).MessageIds[0];
        foreach (Host searching in (Host[])[host, other])
        {
            SearchHit hit = Assert.Single(await SearchAsync(searching, "pelicans"));
            Assert.Equal((null, null, _key), (hit.Memory, hit.Archive, hit.Live!.Session));
            Assert.Equal((id, "user", "a pelican listens"), (hit.Message!.Id, hit.Message.Role, hit.Message.Snippet));
        }

        // Of what is known a listing, of a hit the manifest, and of a log what was appended.
        other.Log.Clear();
        Assert.Single(await SearchAsync(other, "walrus"));
        Assert.Equal(["list"], other.Log.Requests.Where(static r => r.Is("GET", Logs)).Select(static r => r.Comp));
        Assert.Single(other.Log.Requests, static r => r.Is("GET", Manifests));
        await host.AppendAsync(_key, "an otter sleeps");
        other.Log.Clear();
        Assert.Single(await SearchAsync(other, "otter"));
        Assert.Single(other.Log.Requests, static r => r.Is("GET", Logs, ""));
    });

    [Fact]
    public Task A_quiet_user_costs_a_listing() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, "a pelican listens");
        await host.CommitToEndAsync(_key);
        Assert.Single(await SearchAsync(host, "pelican"));
        host.Log.Clear();
        Assert.Empty(await SearchAsync(host, "walrus"));
        Assert.Equal(["list"], host.Log.Requests.Where(static r => r.Blob.StartsWith(Logs, StringComparison.Ordinal)
            || r.Is("GET", Logs)).Select(static r => r.Comp));
        Assert.DoesNotContain(host.Log.Requests, static r => r.Is("GET", Manifests));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public Task A_message_is_found_once_between_all_steps_of_a_commit(int keepRecent) => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        using Host other = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_key, "a pelican listens", "a walrus sings");
        await FindAsync(null, null);
        CommitInput commit = await host.AcceptAsync(_key, "c1", keepRecent);
        CommitProgress staged = await host.ArchiveToTempAsync(commit);
        await FindAsync(null, null);
        if (keepRecent == 2)
        {
            await host.ClearLiveAsync(commit, staged);
            await FindAsync(null, null);
            return;
        }

        await host.ClearLiveAsync(commit, staged);
        await FindAsync(null, null);

        // The index and all that is found by a digest are written before the swap.
        var swap = new HoldsRequest();
        host.Faults.When(static r => r.Is("PUT", Manifests), swap);
        Task switching = host.SwitchAsync(commit, s_uncovered);
        await swap.Arrived;
        Assert.NotEmpty(await NamesAsync(container, BlobNames.Search));
        await FindAsync(null, null);
        await swap.ReleaseAsync();
        await switching;
        await FindAsync(1, keepRecent == 1 ? null : 1);

        async Task FindAsync(int? pelican, int? walrus)
        {
            foreach (Host searching in (Host[])[host, other])
            {
                Assert.Equal(pelican, Assert.Single(await SearchAsync(searching, "pelican")).Archive?.Number);
                Assert.Equal(walrus, Assert.Single(await SearchAsync(searching, "walrus")).Archive?.Number);
            }
        }
    });

    /// <summary>A whole commit runs while a search waits for one of its requests.</summary>
    [Theory]
    [InlineData(Logs, "list", 0)]
    [InlineData(Logs, "", 0)]
    [InlineData(BlobNames.Search, "list", 0)]
    [InlineData(Manifests, "", 0)]
    [InlineData(Logs, "list", 1)]
    [InlineData(Logs, "", 1)]
    [InlineData(BlobNames.Search, "list", 1)]
    [InlineData(Manifests, "", 1)]
    public Task A_message_is_found_once_while_a_commit_carries_it_on(string blob, string comp, int keepRecent) =>
        Simulated.RunAsync(async cluster =>
        {
            BlobContainerClient container = await cluster.NewContainerAsync();
            using Host host = await Host.StartAsync(cluster, container.Name);
            using Host searching = await Host.StartAsync(cluster, container.Name);
            await host.AppendAsync(_key, "a walrus sings", "a pelican listens");
            var request = new HoldsRequest();
            searching.Faults.When(r => r.Is("GET", blob, comp), request);
            Task<IReadOnlyList<SearchHit>> search =
                searching.Store.MemorySearch.SearchAsync(_key.Owner, "pelican", 10, where: null, Cancelled);
            await request.Arrived;
            await CommitAsync(host, "c1", keepRecent);
            await request.ReleaseAsync();
            SearchHit hit = Assert.Single(await search);
            Assert.Equal("a pelican listens", hit.Message!.Snippet);
            Assert.Equal(keepRecent == 1 ? null : 1, hit.Archive?.Number);
        });

    /// <summary>The commit is not over when the search goes on: the index has the archive, and the manifest does not.</summary>
    [Theory]
    [InlineData(Logs, "list")]
    [InlineData(BlobNames.Search, "list")]
    [InlineData(Manifests, "")]
    public Task A_message_is_found_once_while_a_commit_is_about_to_swap(string blob, string comp) => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        using Host searching = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_key, "a pelican listens");
        var request = new HoldsRequest();
        searching.Faults.When(r => r.Is("GET", blob, comp), request);
        Task<IReadOnlyList<SearchHit>> search =
            searching.Store.MemorySearch.SearchAsync(_key.Owner, "pelican", 10, where: null, Cancelled);
        await request.Arrived;
        CommitInput commit = await host.ClearAsync(_key, "c1");
        var swap = new HoldsRequest();
        host.Faults.When(static r => r.Is("PUT", Manifests), swap);
        Task switching = host.SwitchAsync(commit, await host.SemanticProcessAsync(commit));
        await swap.Arrived;
        await request.ReleaseAsync();
        Assert.Equal(_key, Assert.Single(await search).Live?.Session);
        await swap.ReleaseAsync();
        await switching;
        Assert.Equal(1, Assert.Single(await SearchAsync(searching, "pelican")).Archive?.Number);
    });

    /// <summary>What the manifest said in one round says nothing of what is listed in the next one.</summary>
    [Fact]
    public Task A_message_is_found_once_while_two_commits_carry_it_on() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        using Host searching = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_key, "a walrus sings", "a pelican listens");
        var manifest = new HoldsRequest();
        searching.Faults.When(static r => r.Is("GET", Manifests), manifest);
        Task<IReadOnlyList<SearchHit>> search =
            searching.Store.MemorySearch.SearchAsync(_key.Owner, "pelican", 10, where: null, Cancelled);
        await manifest.Arrived;
        await CommitAsync(host, "c1", keepRecent: 1);
        var again = new HoldsRequest();
        searching.Faults.When(static r => r.Is("GET", Logs, "list"), again);
        await manifest.ReleaseAsync();
        await again.Arrived;
        await CommitAsync(host, "c2", keepRecent: 0);
        await again.ReleaseAsync();
        Assert.Equal(2, Assert.Single(await search).Archive?.Number);
    });

    /// <summary>Archives are found by their abstracts after the manifest was read that says where the messages are.</summary>
    [Fact]
    public Task What_is_live_for_a_search_is_no_archive_for_it() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name);
        using Host searching = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_key, "1 messages");
        var tasks = new HoldsRequest();
        searching.Faults.When(static r => r.Is("GET", "tasks/", "list"), tasks);
        Task<IReadOnlyList<SearchHit>> search =
            searching.Store.MemorySearch.SearchAsync(_key.Owner, "messages", 10, where: null, Cancelled);
        await tasks.Arrived;
        await host.CommitToEndAsync(_key);
        await tasks.ReleaseAsync();
        Assert.Equal(_key, Assert.Single(await search).Live?.Session);
        Assert.Equal("1 messages", Assert.Single(await SearchAsync(searching, "messages")).Archive?.Abstract);
    });

    [Fact]
    public Task A_message_is_found_once_in_any_order_of_requests() => Simulated.RunInManyOrdersAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        using Host searching = await Host.StartAsync(cluster, container);
        await host.AppendAsync(_key, "a walrus sings", "a pelican listens");
        Task committing = CommitTwiceAsync();
        do
        {
            Assert.Equal("a pelican listens", Assert.Single(await SearchAsync(searching, "pelican")).Message?.Snippet);
        }
        while (!committing.IsCompleted);
        await committing;

        // The first keeps it live, and the second archives it.
        async Task CommitTwiceAsync()
        {
            await CommitAsync(host, "c1", keepRecent: 1);
            await host.AppendAsync(_key, "an otter sleeps");
            await CommitAsync(host, "c2", keepRecent: 0);
        }
    });

    [Fact]
    public Task A_message_of_a_deleted_session_is_not_found_and_nor_is_what_no_manifest_names() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_key, "a pelican listens");
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        string log = Assert.Single(await NamesAsync(container, Logs));
        byte[] lines = (await container.GetBlobClient(log).DownloadContentAsync(Cancelled)).Value.Content.ToArray();
        await container.GetBlobClient(BlobNames.Retained(commit.ThisAttempt))
            .UploadAsync(new BinaryData(lines), overwrite: false, Cancelled);
        Assert.Single(await SearchAsync(host, "pelican"));
        await host.DeleteAsync(commit);
        Assert.NotEmpty(await NamesAsync(container, Logs));
        Assert.Empty(await SearchAsync(host, "pelican"));
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        Assert.Empty(await SearchAsync(fresh, "pelican"));
    });

    [Fact]
    public Task A_damaged_line_hides_no_other() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_key, "a walrus sings", "a pelican listens", "an otter sleeps");
        BlobClient log = container.GetBlobClient(Assert.Single(await NamesAsync(container, Logs)));
        string text = (await log.DownloadContentAsync(Cancelled)).Value.Content.ToString();
        await log.UploadAsync(new BinaryData($"{text[..10]}\n{text}"), overwrite: true, Cancelled);
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        Assert.Equal("an otter sleeps", Assert.Single(await SearchAsync(fresh, "otter")).Message!.Snippet);
        Assert.Equal("a walrus sings", Assert.Single(await SearchAsync(fresh, "walrus")).Message!.Snippet);
    });

    [Fact]
    public Task The_sessions_that_were_written_to_last_are_searched() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        foreach (int session in Enumerable.Range(0, LiveLogs.MaxSessions + 1))
        {
            await host.AppendAsync(new SessionKey("acme", "ada", $"s{session}"), $"a pelican listens, w{session}");
            await Task.Delay(TimeSpan.FromSeconds(2), host.Time, Cancelled);
        }

        Assert.Empty(await SearchAsync(host, "w0"));
        Assert.Single(await SearchAsync(host, "w1"));
        Assert.Single(await SearchAsync(host, $"w{LiveLogs.MaxSessions}"));
        await host.AppendAsync(new SessionKey("acme", "ada", "s0"), "later");
        Assert.Single(await SearchAsync(host, "w0"));
        Assert.Empty(await SearchAsync(host, "w1"));
    });

    [Fact]
    public Task The_newest_bytes_of_all_logs_are_searched() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        string filler = new('x', (LogIndex.MaxBytes / 2) - 1_024);
        const int Fitting = (int)(LiveLogs.MaxBytes / LogIndex.MaxBytes);
        foreach (int session in Enumerable.Range(0, Fitting + 1))
        {
            await host.AppendAsync(new SessionKey("acme", "ada", $"s{session}"), $"w{session} {filler}", $"pelican {filler}");
            await Task.Delay(TimeSpan.FromSeconds(2), host.Time, Cancelled);
        }

        Assert.Empty(await SearchAsync(host, "w0"));
        Assert.Equal(Fitting, (await SearchAsync(host, "pelican")).Count);

        // A message that is longer than is read for a hit is found without a snippet.
        Assert.Null(Assert.Single(await SearchAsync(host, $"w{Fitting}")).Message);
    });

    [Fact]
    public Task Of_a_long_log_the_end_is_searched_however_it_is_read() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        using Host following = await Host.StartAsync(cluster, container);
        string filler = new('x', LogIndex.ChunkBytes / 2);
        int messages = (2 * LogIndex.MaxBytes / filler.Length) + 10;
        for (int message = 0; message < messages; message++)
        {
            await host.AppendAsync(_key, $"w{message} {filler}");
            if (message % 4 == 0)
            {
                Assert.Single(await SearchAsync(following, $"w{message}"));
            }
        }

        using Host fresh = await Host.StartAsync(cluster, container);
        foreach (Host searching in (Host[])[following, fresh])
        {
            Assert.Empty(await SearchAsync(searching, "w0"));
            Assert.Single(await SearchAsync(searching, $"w{messages - 1}"));
            int first = messages - (LogIndex.MaxBytes / filler.Length) + 2;
            SearchHit hit = Assert.Single(await SearchAsync(searching, $"w{first}"));
            Assert.StartsWith($"w{first} xxx", hit.Message!.Snippet, StringComparison.Ordinal);
        }
    });

    /// <summary>The bytes that are read begin in a line, right before one, or with it.</summary>
    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    public Task Of_a_long_log_each_line_that_is_whole_is_searched(int more, bool isFound) => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        await host.AppendAsync(_key, "a walrus sings", "a pelican listens", "an otter sleeps");
        BlobClient log = container.GetBlobClient(Assert.Single(await NamesAsync(container, Logs)));
        string[] lines = (await log.DownloadContentAsync(Cancelled)).Value.Content.ToString().Split('\n');
        int left = LogIndex.MaxBytes + more - (lines[1].Length + 1);
        var text = new StringBuilder($"{lines[0]}\n{lines[1]}\n");
        for (int after = 31; after >= 0; after--)
        {
            // All of about the same length, and the last one of what is left.
            int length = after == 0 ? left : LogIndex.MaxBytes / 32;
            string filler = new('x', length - lines[2].Length - 1 + "sleeps".Length);
            text.Append(lines[2].Replace("sleeps", filler, StringComparison.Ordinal)).Append('\n');
            left -= length;
        }

        await log.UploadAsync(new BinaryData(text.ToString()), overwrite: true, Cancelled);
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        Assert.Equal(isFound ? 1 : 0, (await SearchAsync(fresh, "pelican")).Count);
        Assert.Empty(await SearchAsync(fresh, "walrus"));
        Assert.Single(await SearchAsync(fresh, "otter"));
    });

    /// <summary>A long segment is read where it is searched: it may have gone by then, and all that is stored is listed again.</summary>
    [Fact]
    public Task It_is_found_where_a_segment_goes_meanwhile() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.StartAsync(cluster, container.Name);
        var other = new SessionKey("acme", "ada", "s2");
        for (int m = 0; m < 10; m++)
        {
            await host.AppendAsync(other, "pelican " + string.Join(' ', Enumerable.Range(0, 6_000).Select(w => $"w{(m * 6_000) + w}x{w}")));
        }

        await host.SwitchAsync(await host.ClearAsync(other, "c1"), s_uncovered);
        await host.AppendAsync(_key, "a pelican listens");
        using Host searching = await Host.StartAsync(cluster, container.Name);

        // It has opened the segment, and read the end of the dictionary.
        Assert.Empty(await SearchAsync(searching, "zebra"));
        string segment = Assert.Single(await NamesAsync(container, "search/"));
        var held = new HoldsRequest();
        searching.Faults.When(static r => r.Is("GET", "search/", ""), held);
        Task<IReadOnlyList<SearchHit>> search =
            searching.Store.MemorySearch.SearchAsync(_key.Owner, "pelican", 10, where: null, Cancelled);
        await held.Arrived;
        await container.DeleteBlobAsync(segment, cancellationToken: Cancelled);
        await held.ReleaseAsync();
        Assert.Equal(_key, Assert.Single(await search).Live!.Session);
    });

    private static Task<IReadOnlyList<SearchHit>> SearchAsync(Host host, string query) =>
        host.Store.MemorySearch.SearchAsync(new UserKey("acme", "ada"), query, 10, where: null, Cancelled);

    private async Task CommitAsync(Host host, string id, int keepRecent)
    {
        CommitInput commit = await host.AcceptAsync(_key, id, keepRecent);
        await host.ClearLiveAsync(commit, await host.ArchiveToTempAsync(commit));
        await host.SwitchAsync(commit, s_uncovered);
    }

    private static async Task<List<string>> NamesAsync(BlobContainerClient container, string prefix) => await container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, Cancelled)
        .Select(static b => b.Name)
        .ToListAsync(Cancelled);
}
