using Azure.Storage.Blobs;
using DurableSessions.Core.Appending;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Quotas;

/// <summary>
/// An account is held to its quotas: what is over one is refused and not done, and what was accepted goes to its end.
/// </summary>
[Collection(nameof(Simulated))]
public sealed class QuotaTests
{
    private static readonly UserKey s_ada = new("acme", "ada");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task One_session_more_is_refused_however_it_is_created() => RunAsync(new() { Sessions = 2 }, async (_, host) =>
    {
        await host.AppendAsync(s_ada.Session("a"), "1");
        await CreateAsync(host, s_ada.Session("b"));

        QuotaExceededException refused = await Assert.ThrowsAsync<QuotaExceededException>(() => CreateAsync(host, s_ada.Session("c")));
        Assert.Equal(
            "Account 'acme' is over its quota Quotas:Sessions: it has 2 of 2, and the request needs 1 more.", refused.Message);
        Assert.InRange(refused.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        await Assert.ThrowsAsync<QuotaExceededException>(() => host.AppendAsync(s_ada.Session("c"), "lost"));
        await Assert.ThrowsAsync<QuotaExceededException>(
            () => host.Store.Sessions.GetAsync(new UserKey("acme", "bob").Session("c"), autoCreate: true, Cancelled));
        Assert.Equal(["a", "b"], await IdsAsync(host));

        // What there is takes messages, and another account is another one.
        await host.AppendAsync(s_ada.Session("a"), "2");
        await host.AppendAsync(new SessionKey("other", "ada", "c"), "1");

        // Room again, and no wait for it on the host that made it.
        await host.Store.Sessions.DeleteAsync(s_ada.Session("b"), Cancelled);
        await host.AppendAsync(s_ada.Session("c"), "kept");
        Assert.Equal(["kept"], (await host.AuditAsync(s_ada.Session("c"))).Everything);
    });

    [Fact]
    public Task A_creation_that_is_refused_writes_nothing_and_one_that_was_made_is_answered_again() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using Host host = await Host.RunAsync(cluster, container.Name, Of(new() { Sessions = 1 }));
        SessionKey made = await CreateAsync("k1");
        int before = (await container.GetBlobsAsync(cancellationToken: Cancelled).ToListAsync(Cancelled)).Count;
        for (int i = 2; i <= 4; i++)
        {
            await Assert.ThrowsAsync<QuotaExceededException>(() => CreateAsync($"k{i}"));
        }

        Assert.Equal(before, (await container.GetBlobsAsync(cancellationToken: Cancelled).ToListAsync(Cancelled)).Count);
        Assert.Equal(made, await CreateAsync("k1"));

        Task<SessionKey> CreateAsync(string key) => host.Store.Sessions.CreateAsync(
            s_ada, null, host.Store.Sessions.InitialSettings, Words.Key(key), Cancelled);
    });

    [Fact]
    public Task Sessions_that_are_created_at_the_same_time_share_what_is_left() => Simulated.RunInManyOrdersAsync(async cluster =>
    {
        using Host host = await StartAsync(cluster, new() { Sessions = 3 });
        bool[] created = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => TryAsync(() => CreateAsync(host, s_ada.Session($"s{i}")))));
        Assert.Equal(3, created.Count(static c => c));
        Assert.Equal(3, (await IdsAsync(host)).Count);
    });

    [Fact]
    public Task What_other_hosts_do_is_known_with_the_next_measure() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        SessionOptions options = Of(new() { Sessions = 3, Bytes = 1_000_000 });
        using Host one = await Host.RunAsync(cluster, container, options);
        using Host other = await Host.RunAsync(cluster, container, options);
        await CreateAsync(one, s_ada.Session("a"));
        await CreateAsync(other, s_ada.Session("b"));

        // The first has not heard of that: it lets in what it knows to be free, and no more.
        await CreateAsync(one, s_ada.Session("c"));
        await CreateAsync(one, s_ada.Session("d"));
        Assert.False(await TryAsync(() => CreateAsync(one, s_ada.Session("e"))));

        await MeasureAsync(cluster, other);
        Assert.False(await TryAsync(() => CreateAsync(other, s_ada.Session("e"))));
        await one.Store.Sessions.DeleteAsync(s_ada.Session("a"), Cancelled);
        await one.Store.Sessions.DeleteAsync(s_ada.Session("c"), Cancelled);
        Assert.False(await TryAsync(() => CreateAsync(other, s_ada.Session("e"))));

        await MeasureAsync(cluster, other);
        await CreateAsync(other, s_ada.Session("e"));
        Assert.Equal(["b", "d", "e"], await IdsAsync(other));

        // The first request after a minute measures, and does not wait for it.
        static async Task MeasureAsync(SimulatedCluster cluster, Host host)
        {
            await Task.Delay(TimeSpan.FromSeconds(61), cluster.Time, Cancelled);
            await host.AppendAsync(s_ada.Session("b"), "x");
            await Task.Delay(TimeSpan.FromSeconds(1), cluster.Time, Cancelled);
        }
    });

    [Fact]
    public Task Bytes_over_the_quota_are_refused_and_reads_commits_and_deletions_are_not() =>
        RunAsync(new() { Bytes = 20_000 }, async (cluster, host) =>
        {
            SessionKey key = s_ada.Session("s");
            string text = new('x', 1_000);
            int stored = 0;
            while (await TryAsync(() => host.AppendAsync(key, $"{stored}{text}")))
            {
                stored++;
            }

            Assert.InRange(stored, 12, 19);
            Assert.False(await TryAsync(() => host.Store.Memories.PutAsync(
                s_ada, MemoryCategory.Events, "one", text, new MemoryCondition(), Cancelled)));
            Assert.Equal(stored, (await host.AuditAsync(key)).Everything.Count);
            Assert.Equal(CommitTaskStatus.Completed, (await host.CommitToEndAsync(key)).Status);
            Assert.Equal(stored, (await host.AuditAsync(key)).Everything.Count);

            await host.Store.Sessions.DeleteAsync(key, Cancelled);
            await Task.Delay(TimeSpan.FromSeconds(61), cluster.Time, Cancelled);
            await TryAsync(() => host.AppendAsync(s_ada.Session("t"), text));
            await Task.Delay(TimeSpan.FromSeconds(1), cluster.Time, Cancelled);
            await host.AppendAsync(s_ada.Session("t"), text);
        });

    [Fact]
    public Task A_repetition_of_what_is_stored_needs_no_room() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        SessionOptions options = Of(new() { Bytes = 10_000 });
        using Host host = await Host.RunAsync(cluster, container, options);
        using Host other = await Host.RunAsync(cluster, container, options);
        SessionKey key = s_ada.Session("s");
        AppendResult first = await host.AppendAsync(key, Words.Key("first"), "first");
        await host.AppendAsync(key, new string('x', 7_000));
        string last = new('y', 600);
        AppendResult second = await host.AppendAsync(key, Words.Key("second"), last);
        while (await TryAsync(() => host.AppendAsync(key, last)))
        {
        }

        foreach (Host asked in (Host[])[host, other])
        {
            Assert.Equal(first.MessageIds, (await asked.AppendAsync(key, Words.Key("first"), "first")).MessageIds);
            Assert.Equal(second.MessageIds, (await asked.AppendAsync(key, Words.Key("second"), last)).MessageIds);
            Assert.False(await TryAsync(() => asked.AppendAsync(key, Words.Key("third"), last)));
            await Assert.ThrowsAsync<IdempotencyKeyReusedException>(() => asked.AppendAsync(key, Words.Key("first", "other"), last));
        }
    });

    [Fact]
    public Task A_commit_that_is_over_does_not_keep_out_the_one_that_helps_it() => Simulated.RunAsync(async cluster =>
    {
        var never = new FakeProcessor { Before = static token => Task.Delay(Timeout.Infinite, token) };
        using Host host = await StartAsync(cluster, new() { WaitingCommits = 1 }, never);
        SessionKey key = s_ada.Session("s");
        await host.AppendAsync(key, "1");
        CommitTask stuck = await host.CommitAsync(key);
        await host.AppendAsync(key, "2");
        Assert.False(await TryAsync(() => host.CommitAsync(key)));

        await host.Client.TerminateInstanceAsync(stuck.TaskId, "test", Cancelled);
        await host.EndOfAsync(key, stuck.TaskId);

        never.Before = static _ => Task.CompletedTask;
        Assert.Equal(CommitTaskStatus.Completed, (await host.CommitToEndAsync(key)).Status);
        await host.AppendAsync(key, "3");
        Assert.Equal(CommitTaskStatus.Completed, (await host.CommitToEndAsync(key)).Status);
        Assert.Equal(["1", "2", "3"], (await host.AuditAsync(key)).Everything);
    });

    [Fact]
    public Task One_waiting_commit_more_is_refused_until_one_has_ended() => Simulated.RunAsync(async cluster =>
    {
        var held = new TaskCompletionSource();
        var processor = new FakeProcessor { Before = token => held.Task.WaitAsync(token) };
        using Host host = await StartAsync(cluster, new() { WaitingCommits = 2 }, processor);
        var tasks = new List<CommitTask>();
        foreach (string id in (string[])["a", "b", "c"])
        {
            await host.AppendAsync(s_ada.Session(id), id);
        }

        tasks.Add(await host.CommitAsync(s_ada.Session("a"), idempotencyKey: Words.Key("a")));
        tasks.Add(await host.CommitAsync(s_ada.Session("b")));
        QuotaExceededException refused = await Assert.ThrowsAsync<QuotaExceededException>(() => host.CommitAsync(s_ada.Session("c")));
        Assert.Equal((nameof(QuotaSettings.WaitingCommits), 2, 2), (refused.Quota, refused.Limit, refused.Value));
        Assert.Equal(2, (await host.Store.Tasks.ListAsync(s_ada, new CommitTaskQuery(), Cancelled)).Count);

        // A repetition starts nothing, and appends wait for no commit.
        Assert.Equal(tasks[0].TaskId, (await host.CommitAsync(s_ada.Session("a"), idempotencyKey: Words.Key("a"))).TaskId);
        await host.AppendAsync(s_ada.Session("c"), "more");

        held.SetResult();
        foreach (CommitTask task in tasks)
        {
            Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(task.Session, task.TaskId)).Status);
        }

        Assert.Equal(CommitTaskStatus.Completed, (await host.CommitToEndAsync(s_ada.Session("c"))).Status);
        Assert.Equal(["c", "more"], (await host.AuditAsync(s_ada.Session("c"))).Everything);
    });

    [Fact]
    public Task Commits_that_wait_are_found_by_a_host_that_starts() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        SessionOptions options = Of(new() { WaitingCommits = 1 });
        var never = new FakeProcessor { Before = static token => Task.Delay(Timeout.Infinite, token) };
        using Host one = await Host.RunAsync(cluster, container, options, never);
        using Host next = await Host.RunAsync(cluster, container, options, never);
        await one.AppendAsync(s_ada.Session("a"), "a");
        await one.CommitAsync(s_ada.Session("a"));
        await next.AppendAsync(s_ada.Session("b"), "b");
        Assert.False(await TryAsync(() => next.CommitAsync(s_ada.Session("b"))));
    });

    [Fact]
    public Task A_commit_that_a_policy_starts_waits_for_room() => Simulated.RunAsync(async cluster =>
    {
        var held = new TaskCompletionSource();
        var processor = new FakeProcessor { Before = token => held.Task.WaitAsync(token) };
        SessionOptions options = Of(new() { WaitingCommits = 1 }) with
        {
            DefaultAutoCommitPolicy = new AutoCommitPolicy { IdleTimeoutSeconds = 10 },
        };
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, options, processor);
        await host.AppendAsync(s_ada.Session("a"), "a");
        await host.AppendAsync(s_ada.Session("b"), "b");
        await Task.Delay(TimeSpan.FromSeconds(30), cluster.Time, Cancelled);
        Assert.Single(await host.Store.Tasks.ListAsync(s_ada, new CommitTaskQuery(), Cancelled));

        held.SetResult();
        await Task.Delay(TimeSpan.FromSeconds(120), cluster.Time, Cancelled);
        IReadOnlyList<CommitTask> tasks = await host.Store.Tasks.ListAsync(s_ada, new CommitTaskQuery(), Cancelled);
        Assert.Equal(["a", "b"], tasks.Select(static t => t.Session.Id).Order());
    });

    [Fact]
    public Task Without_quotas_an_append_costs_one_request_and_with_them_a_listing_in_a_minute() => Simulated.RunAsync(async cluster =>
    {
        foreach ((QuotaSettings quotas, int listings) in new (QuotaSettings, int)[]
        {
            (new(), 0), (new() { Sessions = 5 }, 1), (new() { Bytes = 1_000_000 }, 5),
        })
        {
            using Host host = await StartAsync(cluster, quotas);
            SessionKey key = s_ada.Session("s");
            await host.AppendAsync(key, "first");
            for (int round = 0; round < 2; round++)
            {
                await Task.Delay(TimeSpan.FromSeconds(61), cluster.Time, Cancelled);
                host.Log.Clear();
                for (int i = 0; i < 20; i++)
                {
                    await host.AppendAsync(key, $"{round}-{i}");
                }

                await host.QuietAsync();
                int listed = host.Log.Requests.Count(static r => r.Is("GET", "", "list"));
                Assert.InRange(listed, quotas.Bytes is null ? 0 : listings, listings);
                Assert.Equal(20 + listed, host.Log.Count);
            }
        }
    });

    [Fact]
    public Task A_listing_that_does_not_end_holds_the_first_request_up_for_5_s_and_no_other() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await StartAsync(cluster, new() { Bytes = 100_000 });
        host.Faults.When(static r => r.Comp == "list", Fault.NeverAnswer, times: int.MaxValue);
        DateTimeOffset began = cluster.Time.GetUtcNow();

        // One client gives up, and that is no reason for the next one to wait from the beginning.
        using (var impatient = new CancellationTokenSource(TimeSpan.FromSeconds(3), cluster.Time))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => host.Store.Sessions.AppendAsync(s_ada.Session("a"), [Words.Message("0")], null, impatient.Token));
        }

        await host.AppendAsync(s_ada.Session("a"), "1");
        Assert.InRange(cluster.Time.GetUtcNow() - began, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));

        began = cluster.Time.GetUtcNow();
        for (int i = 0; i < 10; i++)
        {
            await host.AppendAsync(s_ada.Session("a"), "2");
        }

        Assert.InRange(cluster.Time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    });

    [Fact]
    public Task A_listing_that_fails_refuses_nothing() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await StartAsync(cluster, new() { Sessions = 2, Bytes = 100_000 });
        host.Faults.When(static r => r.Comp == "list", Fault.Respond(503, "ServerBusy"), times: int.MaxValue);
        await CreateAsync(host, s_ada.Session("a"));
        await host.AppendAsync(s_ada.Session("b"), "1");

        // What this host has done itself it knows.
        Assert.False(await TryAsync(() => CreateAsync(host, s_ada.Session("c"))));
    });

    private static Task RunAsync(QuotaSettings quotas, Func<SimulatedCluster, Host, Task> test) => Simulated.RunAsync(async cluster =>
    {
        using Host host = await StartAsync(cluster, quotas);
        await test(cluster, host);
    });

    private static async Task<Host> StartAsync(SimulatedCluster cluster, QuotaSettings quotas, FakeProcessor? processor = null) =>
        await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Of(quotas), processor);

    private static SessionOptions Of(QuotaSettings quotas) => new() { Quotas = quotas };

    private static Task<SessionKey> CreateAsync(Host host, SessionKey key) =>
        host.Store.Sessions.CreateAsync(key.Owner, key.Id, new SessionSettings(), idempotencyKey: null, Cancelled);

    // False: over a quota.
    private static async Task<bool> TryAsync(Func<Task> request)
    {
        try
        {
            await request();
            return true;
        }
        catch (QuotaExceededException)
        {
            return false;
        }
    }

    private static async Task<List<string>> IdsAsync(Host host)
    {
        SessionPage page = await host.Store.Sessions.ListAsync(s_ada, 100, cursor: null, Cancelled);
        return [.. page.Items.Select(static i => i.SessionId).Order(StringComparer.Ordinal)];
    }
}
