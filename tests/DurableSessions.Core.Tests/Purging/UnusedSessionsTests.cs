using Azure.Storage.Blobs;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Purging;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Purging;

/// <summary>A session in which nothing was written for long is deleted, and no message that comes meanwhile is lost.</summary>
[Collection(nameof(Simulated))]
public sealed class UnusedSessionsTests
{
    private static readonly TimeSpan s_retention = TimeSpan.FromDays(9);
    private static readonly TimeSpan s_longAgo = s_retention + TimeSpan.FromHours(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(45);

    private static (string Container, SimulatedState State)? s_committed;

    private readonly SessionKey _key = new("acme", "ada", "s1");
    private readonly SessionKey _other = new("acme", "ada", "s2");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static SessionOptions Options() => new()
    {
        TaskRetention = TimeSpan.Zero,
        SessionRetention = s_retention,
        TombstoneRetention = TimeSpan.FromHours(1),
    };

    private const int RequestsOfARun = 48;

    /// <summary>Each fault at each request of a run that deletes one session, and some more.</summary>
    public static TheoryData<FaultKind, int> Points =>
        [.. Enum.GetValues<FaultKind>().SelectMany(static kind => Enumerable.Range(1, RequestsOfARun).Select(n => (kind, n)))];

    /// <summary>Each request of such a run, by number.</summary>
    public static TheoryData<int> Requests => [.. Enumerable.Range(1, RequestsOfARun)];

    [Fact]
    public Task It_is_deleted_with_all_that_it_has_and_others_stay() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await host.AppendAsync(_key, "m1", "m2");
        await host.CommitToEndAsync(_key);
        await host.AppendAsync(_key, "m3");
        await Task.Delay(s_retention - TimeSpan.FromHours(1), cluster.Time, Cancelled);
        await host.AppendAsync(_other, "n1");
        await host.PurgeAsync();
        Assert.Equal(["m3"], (await host.AuditAsync(_key)).Context);

        await Task.Delay(TimeSpan.FromHours(25), cluster.Time, Cancelled);
        host.Log.Clear();
        await host.PurgeAsync();
        await host.QuietAsync();
        Assert.False(await IsThereAsync(host, _key));
        Assert.InRange(host.Log.Count, 20, RequestsOfARun);
        await Task.Delay(TimeSpan.FromHours(2), cluster.Time, Cancelled);
        await host.QuietAsync();
        Assert.DoesNotContain(await NamesAsync(container), static n => n.Contains("/s1", StringComparison.Ordinal));
        Assert.Equal(["n1"], (await host.AuditAsync(_other)).Everything);
    });

    [Theory]
    [InlineData("append")]
    [InlineData("commit")]
    [InlineData("configure")]
    public Task What_writes_in_a_session_keeps_it(string use) => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await host.AppendAsync(_key, "m1");
        await Task.Delay(s_retention - TimeSpan.FromDays(1), cluster.Time, Cancelled);
        Task written = use switch
        {
            "append" => host.AppendAsync(_key, "m2"),
            "commit" => host.CommitToEndAsync(_key),
            _ => host.Store.Sessions.ConfigureAsync(
                _key, static s => s with { AutoCommitPolicy = new() { IdleTimeoutSeconds = 0 } }, Cancelled),
        };
        await written;
        await Task.Delay(TimeSpan.FromDays(2), cluster.Time, Cancelled);
        await host.PurgeAsync();
        Assert.Contains("m1", (await host.AuditAsync(_key)).Everything);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await host.PurgeAsync();
        await host.QuietAsync();
        Assert.False(await IsThereAsync(host, _key));
    });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task A_message_that_comes_meanwhile_is_not_lost(int request) => RunAsync(async (cluster, container) =>
    {
        using Host client = await Host.StartAsync(cluster, container.Name, Options());
        await client.AppendAsync(_key, "m1");
        string incarnation = await client.Store.Sessions.IncarnationAsync(_key, Cancelled);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host host = await RunAsync(cluster, container.Name);
        await host.WhileHeldAsync(request, host.PurgeToEndAsync, () => client.AppendAsync(_key, "m2"));
        await host.QuietAsync();
        await client.AppendAsync(_key, "m3");

        using Host fresh = await Host.StartAsync(cluster, container.Name);
        bool isTheSame = await fresh.Store.Sessions.IncarnationAsync(_key, Cancelled) == incarnation;
        Assert.Equal(isTheSame ? ["m1", "m2", "m3"] : ["m2", "m3"], (await fresh.AuditAsync(_key)).Everything);
        await EndAsync(cluster, host);
        Assert.Equal(isTheSame, (await NamesAsync(container)).Any(n => n.Contains($"/s1/{incarnation}/", StringComparison.Ordinal)));
        Assert.Equal(isTheSame ? ["m1", "m2", "m3"] : ["m2", "m3"], (await fresh.AuditAsync(_key)).Everything);
    });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task A_change_that_comes_meanwhile_keeps_it(int request) => RunAsync(async (cluster, container) =>
    {
        using Host client = await Host.StartAsync(cluster, container.Name, Options());
        await client.AppendAsync(_key, "m1");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host host = await RunAsync(cluster, container.Name);
        var held = new HoldsRequest();
        host.Faults.AtRequest(request, held);
        Task purge = host.PurgeToEndAsync();
        bool isChanged = await Task.WhenAny(held.Arrived, purge) != purge && await TryCountAsync(client);
        await (held.Arrived.IsCompleted ? held.ReleaseAsync() : Task.CompletedTask);
        await purge;
        await host.QuietAsync();
        Assert.Equal(isChanged, await IsThereAsync(client, _key));
    });

    [Theory]
    [MemberData(nameof(Points))]
    public Task Whatever_comes_of_a_request_the_session_is_whole_or_gone_and_nothing_is_left(FaultKind kind, int request) =>
        RunFromCommittedAsync(async (cluster, container) =>
        {
            await Task.Delay(s_longAgo, cluster.Time, Cancelled);
            using Host client = await Host.StartAsync(cluster, container.Name, Options());
            using Host faulty = await RunAsync(cluster, container.Name);
            Func<Task> deliver = faulty.Faults.Inject(kind, request);
            Task purge = faulty.PurgeToEndAsync();
            await Task.WhenAny(purge, faulty.Faults.Stopped, Task.Delay(TimeSpan.FromMinutes(5), cluster.Time, Cancelled));
            await faulty.KillAsync();
            if (await IsThereAsync(client, _key))
            {
                Assert.Equal(["m1", "m2"], (await client.AuditAsync(_key)).Everything);
            }

            // A segment that was sealed may be as old as its seal.
            using Host host = await RunAsync(cluster, container.Name);
            await Task.Delay(s_longAgo, cluster.Time, Cancelled);
            Assert.NotNull(await host.PurgeAsync());
            await deliver();
            cluster.LetAllArrive();
            await EndAsync(cluster, host);
            Assert.False(await IsThereAsync(client, _key));
            Assert.DoesNotContain(await NamesAsync(container), static n => n.Contains("/s1", StringComparison.Ordinal));
        });

    [Theory]
    [InlineData("commit")]
    [InlineData("retry")]
    [InlineData("digest again")]
    [InlineData("digest")]
    public Task What_was_accepted_and_has_not_begun_keeps_it(string what) => RunAsync(async (cluster, container) =>
    {
        using (Host first = await RunAsync(cluster, container.Name, fallBack: what == "digest again"))
        {
            await first.AppendAsync(_key, "m1");
            if (what == "digest")
            {
                await first.CommitToEndAsync(_key);
            }
            else if (what != "commit")
            {
                first.Processor.Before = static _ => throw new InvalidOperationException("away");
                await first.CommitToEndAsync(_key);
            }

            await first.QuietAsync();
            await first.StopAsync();
        }

        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host client = await Host.StartAsync(cluster, container.Name, Options());
        if (what == "commit")
        {
            await client.CommitAsync(_key);
        }
        else if (what == "digest")
        {
            await client.Store.Digests.StartAsync(_key, 1, new DigestRequest(DigestMode.Preview), Cancelled);
        }
        else
        {
            CommitTask task = Assert.Single(await client.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery(), Cancelled));
            await client.Store.Tasks.RetryAsync(_key.Owner, task.TaskId, Cancelled);
        }

        Assert.Empty(await FoundAsync(client));
        Assert.Equal(0, await client.Store.Unused.DeleteAsync(s_retention, Cancelled));
        Assert.Equal(["m1"], (await client.AuditAsync(_key)).Everything);
    });

    [Fact]
    public Task A_commit_that_is_accepted_while_a_segment_is_sealed_keeps_it() => RunAsync(async (cluster, container) =>
    {
        using Host client = await Host.StartAsync(cluster, container.Name, Options());
        await client.AppendAsync(_key, "m1");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host host = await RunAsync(cluster, container.Name);
        var held = new HoldsRequest();
        host.Faults.When(static r => r.Is("PUT", "segments/", "seal"), held);
        Task purge = host.PurgeToEndAsync();
        await held.Arrived;
        CommitTask task = await client.CommitAsync(_key);
        await held.ReleaseAsync();
        await purge;
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, task.TaskId)).Status);
        Assert.Equal(["m1"], Assert.Single((await client.AuditAsync(_key)).Archives).Texts);
    });

    [Fact]
    public Task What_it_had_is_deleted_where_a_client_has_created_it_again_before_the_host_knew() => RunAsync(async (cluster, container) =>
    {
        using Host client = await Host.StartAsync(cluster, container.Name, Options());
        await client.AppendAsync(_key, "m1");
        string incarnation = await client.Store.Sessions.IncarnationAsync(_key, Cancelled);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host host = await RunAsync(cluster, container.Name);
        var held = new HoldsRequest();
        host.Faults.When(static r => r.Is("PUT", "manifests/"), Fault.DropAnswer);
        host.Faults.When(static r => r.Is("PUT", "manifests/"), held);
        Task purge = host.PurgeToEndAsync();
        await held.Arrived;
        await client.AppendAsync(_key, "m2");
        await held.ReleaseAsync();
        await purge;
        await EndAsync(cluster, host);
        Assert.Equal(["m2"], (await client.AuditAsync(_key)).Everything);
        Assert.DoesNotContain(await NamesAsync(container), n => n.Contains($"/s1/{incarnation}/", StringComparison.Ordinal));
    });

    [Fact]
    public Task One_that_is_to_be_committed_once_it_is_idle_stays_until_it_was() => RunAsync(async (cluster, container) =>
    {
        using Host client = await Host.StartAsync(cluster, container.Name, Options());
        var watched = new SessionSettings { AutoCommitPolicy = new AutoCommitPolicy { IdleTimeoutSeconds = 3_600 } };
        await client.Store.Sessions.CreateAsync(_key.Owner, _key.Id, watched, null, Cancelled);
        await client.AppendAsync(_key, "m1");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.Empty(await FoundAsync(client));
        using Host host = await RunAsync(cluster, container.Name);
        await host.QuietAsync();
        await Task.Delay(TimeSpan.FromHours(2), cluster.Time, Cancelled);
        Assert.Single((await host.AuditAsync(_key)).Archives);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.Single(await FoundAsync(host));
    });

    [Fact]
    public Task A_machine_whose_clock_is_ahead_finds_none_that_is_not_old() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await host.AppendAsync(_key, "m1");
        using Host ahead = await Host.StartAsync(
            cluster, container.Name, Options(), time: new SkewedTime(cluster.Time, TimeSpan.FromDays(100)));
        Assert.Empty(await FoundAsync(ahead));
        Assert.Equal(0, await ahead.Store.Unused.DeleteAsync(s_retention, Cancelled));
    });

    [Fact]
    public Task A_session_whose_commit_is_on_its_way_stays() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        host.Processor.Before = static token => Task.Delay(Timeout.Infinite, token);
        await host.AppendAsync(_key, "m1");
        await host.StageAsync((await host.CommitAsync(_key)).TaskId, "summarizing");
        await host.KillAsync();
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host other = await Host.StartAsync(cluster, container.Name, Options());
        await other.PurgeAsync();
        Assert.Empty(await FoundAsync(other));
        Assert.Equal(["m1"], (await other.AuditAsync(_key)).Everything);
    });

    [Fact]
    public Task One_that_cannot_be_read_holds_up_no_other() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await host.AppendAsync(_key, "m1");
        await host.AppendAsync(_other, "n1");
        await container.GetBlobClient("manifests/acme/ada/s1.json").UploadAsync(
            BinaryData.FromString("damaged"), overwrite: true, Cancelled);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host fresh = await RunAsync(cluster, container.Name);
        await fresh.PurgeAsync();
        await fresh.QuietAsync();
        Assert.False(await IsThereAsync(fresh, _other));
        Assert.Contains("manifests/acme/ada/s1.json", await NamesAsync(container));
    });

    [Fact]
    public Task A_search_changes_nothing_and_costs_a_listing_and_what_is_old() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await host.AppendAsync(_key, "m1");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        await host.AppendAsync(_other, "n1");
        using Host fresh = await Host.StartAsync(cluster, container.Name, Options());
        fresh.Log.Clear();
        UnusedSession found = Assert.Single(await FoundAsync(fresh));
        Assert.Equal(_key, found.Session);
        Assert.InRange(cluster.Time.GetUtcNow() - found.LastWrittenAt, s_retention, s_longAgo + TimeSpan.FromHours(1));

        // A listing, the manifest, its segment, its tasks, whether a digest runs (an instance is looked for in two places), and a listing
        // of those that a user has asked for.
        Assert.Equal(7, fresh.Log.Count);
        Assert.Equal(["m1"], (await host.AuditAsync(_key)).Everything);
    });

    [Fact]
    public Task Zero_keeps_everything() => RunAsync(async (cluster, container) =>
    {
        using Host host = await Host.RunAsync(
            cluster,
            container.Name,
            Options() with { SessionRetention = TimeSpan.Zero, TaskRetention = TimeSpan.FromDays(1) },
            engine: Host.Seldom);
        await host.AppendAsync(_key, "m1");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.NotNull(await host.PurgeAsync());
        Assert.Equal(["m1"], (await host.AuditAsync(_key)).Everything);
    });

    private static async Task<List<UnusedSession>> FoundAsync(Host host) =>
        await host.Store.Unused.FindAsync(s_retention, Cancelled).ToListAsync(Cancelled);

    private static async Task EndAsync(SimulatedCluster cluster, Host host)
    {
        await host.QuietAsync();
        await Task.Delay(TimeSpan.FromHours(2), cluster.Time, Cancelled);
        await host.QuietAsync();
    }

    private static async Task<List<string>> NamesAsync(BlobContainerClient container) =>
        await container.GetBlobsAsync(cancellationToken: Cancelled).Select(static b => b.Name).ToListAsync(Cancelled);

    // It writes the manifest, and no segment.
    private async Task<bool> TryCountAsync(Host host)
    {
        try
        {
            await host.Store.Sessions.CountUsedAsync(_key, 1, 0, null, Cancelled);
            return true;
        }
        catch (SessionNotFoundException)
        {
            return false;
        }
    }

    private static async Task<bool> IsThereAsync(Host host, SessionKey session)
    {
        try
        {
            await host.Store.Sessions.GetAsync(session, autoCreate: false, Cancelled);
            return true;
        }
        catch (SessionNotFoundException)
        {
            return false;
        }
    }

    // Each run begins with a copy of what one run has stored: a session with an archive and a message after it.
    private async Task RunFromCommittedAsync(Func<SimulatedCluster, BlobContainerClient, Task> test)
    {
        if (s_committed is null)
        {
            await RunAsync(async (cluster, container) =>
            {
                using Host first = await RunAsync(cluster, container.Name);
                await first.AppendAsync(_key, "m1");
                await first.CommitToEndAsync(_key);
                await first.AppendAsync(_key, "m2");
                await first.QuietAsync();
                await first.StopAsync();
                s_committed = (container.Name, cluster.Keep());
            });
        }

        (string name, SimulatedState state) = s_committed!.Value;
        await SimulatedCluster.RunAsync(
            Schedule.InOrder,
            async cluster =>
            {
                cluster.MaxTime = s_longest;
                await test(cluster, (await cluster.ConnectAsync(name)).Container);
            },
            state);
    }

    private static Task RunAsync(Func<SimulatedCluster, BlobContainerClient, Task> test) => Simulated.RunAsync(async cluster =>
    {
        cluster.MaxTime = s_longest;
        await test(cluster, await cluster.NewContainerAsync());
    });

    private static Task<Host> RunAsync(SimulatedCluster cluster, string container, bool fallBack = true) =>
        Host.RunAsync(
            cluster,
            container,
            Options() with { Semantic = new SemanticPolicy { MaxAttempts = 1, FallBack = fallBack } },
            engine: Host.Seldom);
}
