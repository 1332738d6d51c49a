using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>Sessions that commit by themselves.</summary>
[Collection(nameof(Simulated))]
public sealed class AutoCommitTests
{
    /// <summary>100 pending tokens start a commit, 1000 s after the one before at the earliest.</summary>
    private static readonly AutoCommitPolicy TokensAfterInterval = new()
    {
        PendingTokenThreshold = 100,
        MessageCountThreshold = 0,
        IdleTimeoutSeconds = 0,
        MinCommitIntervalSeconds = 1000,
    };

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Over_a_threshold_one_commit_starts_however_many_hosts_append() => Simulated.RunInManyOrdersAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host one = await Host.RunAsync(cluster, container);
        using Host two = await Host.RunAsync(cluster, container);
        using Host three = await Host.RunAsync(cluster, container);
        await CreateAsync(one, new AutoCommitPolicy { MessageCountThreshold = 10, IdleTimeoutSeconds = 0, KeepRecentCount = 2 });

        // While the commit cuts, its messages are still live, and still over the threshold: that is no second commit.
        var held = new HoldsRequest();
        one.Faults.When(static r => r.Is("PUT", "archives/"), held);
        await Task.WhenAll(((Host[])[one, two, three]).Select(async host =>
        {
            for (int i = 0; i < 4; i++)
            {
                await host.AppendAsync(_key, $"{host.GetHashCode()}-{i}");
            }
        }));
        await UntilAsync(cluster, async () => (await TasksAsync(one)).Count > 0);
        await one.AppendAsync(_key, "during the cut");
        if (await Task.WhenAny(held.Arrived, Task.Delay(TimeSpan.FromMilliseconds(200), cluster.Time, Cancelled)) == held.Arrived)
        {
            await held.ReleaseAsync();
        }

        CommitTask task = await one.EndOfAsync(_key, Assert.Single(await TasksAsync(two)).TaskId);
        Assert.Equal(CommitTaskStatus.Completed, task.Status);
        Audit audit = await one.AuditAsync(_key);
        Assert.Equal(13, audit.Everything.Count);
        Assert.Single(audit.Archives);
        Assert.InRange(audit.Context.Count, 2, 4);
    });

    [Fact]
    public Task Not_before_it_is_exceeded_and_again_when_it_is_again() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await CreateAsync(host, new AutoCommitPolicy { MessageCountThreshold = 3, IdleTimeoutSeconds = 0 });
        for (int commits = 1; commits <= 3; commits++)
        {
            await host.AppendAsync(_key, $"{commits}a", $"{commits}b", $"{commits}c");
            Assert.Equal(commits - 1, (await TasksAsync(host)).Count);
            await host.AppendAsync(_key, $"{commits}d");
            await UntilAsync(cluster, async () => (await TasksAsync(host)).Count == commits);
            await host.EndOfAsync(_key, (await TasksAsync(host))[0].TaskId);
        }

        Assert.Equal([4, 4, 4], (await host.AuditAsync(_key)).Archives.Select(static a => a.Texts.Count));
    });

    [Fact]
    public Task Pending_tokens_count_and_the_least_interval_holds_a_commit_back() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await CreateAsync(host, TokensAfterInterval);
        await host.AppendAsync(_key, new string('x', 500));
        await UntilAsync(cluster, async () => (await TasksAsync(host)).Count == 1);
        await host.EndOfAsync(_key, (await TasksAsync(host))[0].TaskId);
        await host.AppendAsync(_key, new string('y', 500));
        await host.QuietAsync();
        Assert.Single(await TasksAsync(host));
    });

    [Fact]
    public Task The_least_interval_counts_from_the_last_automatic_commit() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await CreateAsync(host, TokensAfterInterval);
        await host.AppendAsync(_key, "m1");
        await host.CommitToEndAsync(_key);
        Assert.Null((await InfoAsync(host)).LastAutoCommitAt);

        // Asked for a moment ago: holds nothing back.
        await host.AppendAsync(_key, new string('x', 500));
        await UntilAsync(cluster, async () => (await TasksAsync(host)).Count == 2);
        string automatic = (await TasksAsync(host))[0].TaskId;
        await host.EndOfAsync(_key, automatic);
        SessionInfo committed = await InfoAsync(host);
        Assert.NotNull(committed.LastAutoCommitAt);
        Assert.Equal(committed.LastCommitAt, committed.LastAutoCommitAt);

        // Asked for since: neither resets the interval nor counts.
        await host.AppendAsync(_key, "m2");
        await host.CommitToEndAsync(_key);
        await host.AppendAsync(_key, new string('y', 500));
        await host.QuietAsync();
        Assert.Equal(3, (await TasksAsync(host)).Count);
        using Host fresh = await Host.StartAsync(cluster, container);
        Assert.Equal(committed.LastAutoCommitAt, (await InfoAsync(fresh)).LastAutoCommitAt);
    });

    [Fact]
    public Task An_automatic_commit_counts_once_it_has_cleared_and_not_before_and_not_again() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        await host.AppendAsync(_key, "m1");
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);

        CommitInput cancelled = await host.AcceptAsync(_key, CommitId.Automatic(incarnation, 0).Value);
        await host.ArchiveToTempAsync(cancelled);
        await host.CancelAsync(cancelled);
        Assert.Null((await InfoAsync(host)).LastAutoCommitAt);

        CommitInput skipped = await host.AcceptAsync(_key, CommitId.Automatic(incarnation, 1).Value, keepRecent: 1);
        Assert.Equal(CommitFate.Skipped, (await host.ArchiveToTempAsync(skipped)).Fate);
        Assert.Null((await InfoAsync(host)).LastAutoCommitAt);

        CommitInput cleared = await host.AcceptAsync(_key, CommitId.Automatic(incarnation, 2).Value);
        CommitProgress staged = await host.ArchiveToTempAsync(cleared);
        await host.ClearLiveAsync(cleared, staged);
        DateTimeOffset? counted = (await InfoAsync(host)).LastAutoCommitAt;
        Assert.NotNull(counted);

        // Run again after a crash that lost the checkpoint, and cancelled after it cleared: counted once, and it stays.
        await host.ClearLiveAsync(cleared, staged);
        await host.CancelAsync(cleared);
        Assert.Equal(counted, (await InfoAsync(host)).LastAutoCommitAt);
    });

    [Fact]
    public Task An_idle_session_waits_for_the_least_interval_too() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        await host.AppendAsync(_key, "m1");
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
        CommitInput automatic = await host.AcceptAsync(_key, CommitId.Automatic(incarnation, 0).Value);
        await host.CommitAsync(automatic);
        await host.AppendAsync(_key, "m2");
        var policy = new AutoCommitPolicy { IdleTimeoutSeconds = 100, MinCommitIntervalSeconds = 1000 };
        await host.Store.Sessions.ConfigureAsync(_key, s => s with { AutoCommitPolicy = policy }, Cancelled);
        IdleCheck check = await host.CheckIdleAsync(automatic, decidedCount: 1);
        Assert.Equal((await InfoAsync(host)).LastAutoCommitAt + TimeSpan.FromSeconds(1000), check.DueAt);
    });

    [Fact]
    public Task A_watch_whose_segment_is_switched_away_is_handed_over_to_what_was_said_meanwhile() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        using Host slow = await Host.StartAsync(cluster, container);
        await host.AppendAsync(_key, "m1");
        var policy = new AutoCommitPolicy { IdleTimeoutSeconds = 100 };
        await host.Store.Sessions.ConfigureAsync(_key, s => s with { AutoCommitPolicy = policy }, Cancelled);

        // In the segment that the change began: an empty one would be gone on in.
        await host.AppendAsync(_key, "m1, again");
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        var looking = new HoldsRequest();
        slow.Faults.When(static r => r.Is("HEAD", "segments/"), looking);
        Task<IdleCheck> check = slow.CheckIdleAsync(commit, decidedCount: 0);
        await looking.Arrived;
        CommitProgress staged = await host.ArchiveToTempAsync(commit);
        await host.AppendAsync(_key, "m2");
        await host.ClearLiveAsync(commit, staged);
        await host.SwitchAsync(commit, await host.SemanticProcessAsync(commit));
        await looking.ReleaseAsync();

        Assert.Null((await check).DueAt);
        Assert.NotNull(await host.Client.GetInstanceAsync(new IdleInput(_key, commit.Incarnation, 1).InstanceId, Cancelled));
    });

    [Fact]
    public Task A_session_starts_with_the_hosts_policy_and_keeps_it_and_one_that_has_none_gets_none() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var policy = new AutoCommitPolicy { MessageCountThreshold = 2, IdleTimeoutSeconds = 0 };
        SessionKey before = _key with { Id = "before" };
        SessionKey looked = _key with { Id = "looked" };
        using Host without = await Host.RunAsync(cluster, container);
        using Host with = await Host.RunAsync(cluster, container, new SessionOptions { DefaultAutoCommitPolicy = policy });
        await without.AppendAsync(before, "m1");
        await with.AppendAsync(before, "m2", "m3");
        Assert.Null((await with.Store.Sessions.GetAsync(before, autoCreate: true, Cancelled)).Settings.AutoCommitPolicy);

        Assert.Equal(policy, (await with.Store.Sessions.GetAsync(looked, autoCreate: true, Cancelled)).Settings.AutoCommitPolicy);
        await with.AppendAsync(_key, "m1");
        Assert.Equal(policy, (await without.Store.Sessions.GetAsync(_key, autoCreate: false, Cancelled)).Settings.AutoCommitPolicy);
        await without.AppendAsync(_key, "m2", "m3");
        await UntilAsync(cluster, async () => (await TasksAsync(without)).Count == 1);
        Assert.Equal(_key, Assert.Single(await TasksAsync(with)).Session);
    });

    [Fact]
    public Task An_idle_session_is_committed_whole_also_when_its_host_has_died() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host first = await Host.RunAsync(cluster, container);
        await CreateAsync(first, new AutoCommitPolicy { IdleTimeoutSeconds = 2, KeepRecentCount = 5 });
        await first.AppendAsync(_key, "m1", "m2");
        await first.KillAsync();
        using Host second = await Host.RunAsync(cluster, container);
        await UntilAsync(cluster, async () => (await second.Store.Sessions.GetAsync(_key, false, Cancelled)).CommitCount == 1);
        await second.EndOfAsync(_key, Assert.Single(await TasksAsync(second)).TaskId);
        Assert.Equal(["m1", "m2"], Assert.Single((await second.AuditAsync(_key)).Archives).Texts);
    });

    [Fact]
    public Task A_session_that_is_never_idle_for_long_is_watched_by_one_instance_whose_history_stays_short() =>
        Simulated.RunAsync(async cluster =>
        {
            cluster.MaxTime = TimeSpan.FromDays(30);
            using Host host = await Host.RunAsync(
                cluster,
                (await cluster.NewContainerAsync()).Name,
                engine: Host.Quick with { SweepInterval = TimeSpan.FromHours(12) });
            await CreateAsync(
                host, new AutoCommitPolicy { MessageCountThreshold = 0, PendingTokenThreshold = 0, IdleTimeoutSeconds = 3_600 });
            string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
            var watch = new IdleInput(_key, incarnation, 0);
            for (int i = 0; i < 600; i++)
            {
                await host.AppendAsync(_key, $"m{i}");
                await Task.Delay(TimeSpan.FromMinutes(30), cluster.Time, Cancelled);
                if (i % 50 == 0)
                {
                    Assert.InRange((await host.Client.GetHistoryAsync(watch.InstanceId, Cancelled))!.Count, 1, 450);
                }
            }

            Assert.Null(await host.Client.GetInstanceAsync((watch with { Part = 1 }).InstanceId, Cancelled));
            Assert.Empty(await TasksAsync(host));
            await Task.Delay(TimeSpan.FromHours(2), cluster.Time, Cancelled);
            CommitTask task = Assert.Single(await TasksAsync(host));
            Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, task.TaskId)).Status);
            Assert.Empty((await host.AuditAsync(_key)).Context);
        });

    [Fact]
    public Task What_a_commit_kept_live_is_committed_when_the_session_is_idle() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await CreateAsync(host, new AutoCommitPolicy { IdleTimeoutSeconds = 2 });
        await host.AppendAsync(_key, "m1", "m2", "m3");
        await host.EndOfAsync(_key, (await host.CommitAsync(_key, keepRecent: 1)).TaskId);
        await UntilAsync(cluster, async () => (await host.Store.Sessions.GetAsync(_key, false, Cancelled)).CommitCount == 2);
        await host.EndOfAsync(_key, (await TasksAsync(host))[0].TaskId);
        Assert.Equal(["m3"], (await host.AuditAsync(_key)).Archives[1].Texts);

        // What its user asked to keep is still what pending tokens leave out.
        Assert.Equal(1, (await InfoAsync(host)).KeepRecentCount);
        Assert.Equal(1, (await host.AppendAsync(_key, "m4", "m5")).PendingTokens);
    });

    [Fact]
    public Task An_idle_commit_leaves_what_the_session_remembers_to_keep_whichever_host_clears_it() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        await host.AppendAsync(_key, "m1", "m2", "m3");
        await host.CommitAsync(await host.AcceptAsync(_key, "c1", keepRecent: 2));

        // It stops once it has cut; a commit that comes after it knows of it from the manifest alone.
        CommitInput idle = await host.AcceptAsync(_key, "c2") with { IsIdle = true };
        await host.ArchiveToTempAsync(idle);
        using Host helper = await Host.StartAsync(cluster, container);
        await helper.AppendAsync(_key, "m4", "m5");
        CommitInput next = await helper.AcceptAsync(_key, "c3", keepRecent: 1);
        CommitProgress staged = await helper.ArchiveToTempAsync(next);
        SessionInfo helped = await InfoAsync(helper);
        Assert.Equal((2, 2), (helped.CommitCount, helped.KeepRecentCount));

        await helper.ClearLiveAsync(next, staged);
        Assert.Equal((1, 1), await InfoAsync(host) is var info ? (info.MessageCount, info.KeepRecentCount) : default);
    });

    [Fact]
    public Task A_policy_that_is_set_on_one_host_holds_on_every_other_from_its_next_append_on() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host one = await Host.RunAsync(cluster, container);
        using Host two = await Host.RunAsync(cluster, container);
        await two.AppendAsync(_key, "m1", "m2");
        await one.Store.Sessions.ConfigureAsync(
            _key, s => s with { AutoCommitPolicy = new AutoCommitPolicy { MessageCountThreshold = 2, IdleTimeoutSeconds = 0 } }, Cancelled);
        await two.AppendAsync(_key, "m3");
        await UntilAsync(cluster, async () => (await TasksAsync(one)).Count == 1);
    });

    [Fact]
    public Task A_session_without_a_policy_costs_nothing_of_it() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container);
        await host.AppendAsync(_key, "m1");
        host.Log.Clear();
        await host.AppendAsync(_key, "m2");
        Assert.Equal(1, host.Log.Count);
    });

    private Task CreateAsync(Host host, AutoCommitPolicy policy) =>
        host.Store.Sessions.CreateAsync(_key.Owner, "s1", new SessionSettings { AutoCommitPolicy = policy }, null, Cancelled);

    private Task<SessionInfo> InfoAsync(Host host) => host.Store.Sessions.GetAsync(_key, autoCreate: false, Cancelled);

    private Task<IReadOnlyList<CommitTask>> TasksAsync(Host host) =>
        host.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery(), Cancelled);

    // What happens in the background, on some host, within a bounded time.
    private static async Task UntilAsync(SimulatedCluster cluster, Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), cluster.Time);
        while (!await holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), cluster.Time, limit.Token);
        }
    }
}
