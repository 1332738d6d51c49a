using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Purging;

/// <summary>What has ended is not kept for ever, and what a client can ask of it is answered as before.</summary>
[Collection(nameof(Simulated))]
public sealed class PurgeTests
{
    private static readonly TimeSpan s_longAgo = TimeSpan.FromHours(25);

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static SessionOptions Options(bool fallBack = true) => new()
    {
        TaskRetention = TimeSpan.FromDays(1),
        TombstoneRetention = TimeSpan.FromHours(1),
        Semantic = new SemanticPolicy { MaxAttempts = 1, FallBack = fallBack, Timeout = TimeSpan.FromSeconds(10) },
    };

    /// <summary>Each fault at each request of the purge of one commit, and some more.</summary>
    public static TheoryData<FaultKind, int> Points =>
        [.. Enum.GetValues<FaultKind>().SelectMany(static kind => Enumerable.Range(1, 14).Select(n => (kind, n)))];

    [Theory]
    [InlineData("completed")]
    [InlineData("keyed")]
    [InlineData("degraded")]
    [InlineData("failed")]
    [InlineData("covered by a retry")]
    [InlineData("cancelled after clear-live")]
    public Task A_task_is_answered_as_before_and_listed_no_more(string kind) => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name, fallBack: kind == "degraded");
        CommitTask task = await EndAsync(host, kind);
        string before = Json(task);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);

        Assert.Equal(1, await host.PurgeAsync());
        Assert.Null(await host.Client.GetInstanceAsync(task.TaskId, Cancelled));
        using Host fresh = await Host.StartAsync(cluster, container.Name);
        Assert.Equal(before, Json(await fresh.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled)));
        Assert.Empty(await fresh.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery(), Cancelled));
        Assert.Empty(await NamesAsync(container, "tasks/by-session/"));
        Assert.Empty(await NamesAsync(container, "orchestrations/finished/"));
        await Assert.ThrowsAsync<TaskNotFoundException>(
            () => fresh.Store.Tasks.GetAsync(new UserKey("acme", "eve"), task.TaskId, Cancelled));
        Assert.Equal(["m1"], (await host.AuditAsync(_key)).Everything);
    });

    [Theory]
    [InlineData("completed", CommitTaskStatus.Completed)]
    [InlineData("keyed", CommitTaskStatus.Completed)]
    [InlineData("degraded", CommitTaskStatus.Completed)]
    [InlineData("failed", CommitTaskStatus.Failed)]
    [InlineData("covered by a retry", CommitTaskStatus.Completed)]
    [InlineData("cancelled after clear-live", CommitTaskStatus.Cancelled)]
    [InlineData("terminated before the switch", CommitTaskStatus.Failed)]
    public Task Without_what_was_kept_the_record_and_the_manifest_answer(string kind, CommitTaskStatus status) =>
        RunAsync(async (cluster, container) =>
        {
            using Host host = await RunAsync(cluster, container.Name, fallBack: kind == "degraded");
            CommitTask task = await EndAsync(host, kind);
            Assert.Equal(status, task.Status);
            Assert.True(await host.Client.PurgeInstanceAsync(task.TaskId, Cancelled));
            CommitTask answered = await host.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled);
            Assert.Equal(
                (status, task.ArchiveNumber, task.Output?.State, task.Output?.Reason, task.Output?.Cancelled),
                (answered.Status, answered.ArchiveNumber, answered.Output?.State, answered.Output?.Reason, answered.Output?.Cancelled));
            Assert.Equal(status == CommitTaskStatus.Failed, answered.Error is not null);
        });

    [Theory]
    [InlineData("terminated before clear-live")]
    [InlineData("terminated before the switch")]
    public Task A_commit_whose_archive_is_not_switched_is_kept_until_it_is(string kind) => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        CommitTask task = await EndAsync(host, kind);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.Equal(0, await host.PurgeAsync());
        Assert.NotNull(await host.Client.GetInstanceAsync(task.TaskId, Cancelled));
        Assert.Single(await host.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery { Session = _key.Id }, Cancelled));

        await host.AppendAsync(_key, "m2");
        await host.CommitToEndAsync(_key);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.Equal(2, await host.PurgeAsync());
        Assert.Equal(["m1", "m2"], (await host.AuditAsync(_key)).Everything);
    });

    [Fact]
    public Task A_key_of_a_commit_that_was_cancelled_and_retried_is_answered_with_what_became_of_it() =>
        RunAsync(async (cluster, container) =>
        {
            using Host host = await RunAsync(cluster, container.Name);
            await host.AppendAsync(_key, "m1");
            HoldsRequest held = HoldsArchive(host, "/messages.jsonl");
            CommitTask task = await host.CommitAsync(_key, idempotencyKey: Words.Key("k"));
            await held.Arrived;
            await host.Store.Tasks.CancelAsync(_key.Owner, task.TaskId, Cancelled);
            await held.ReleaseAsync();
            Assert.Equal(CommitTaskStatus.Cancelled, (await host.EndOfAsync(_key, task.TaskId)).Status);
            await host.Store.Tasks.RetryAsync(_key.Owner, task.TaskId, Cancelled);
            string before = Json(await host.EndOfAsync(_key, task.TaskId));
            await host.AppendAsync(_key, "m2");
            await Task.Delay(s_longAgo, cluster.Time, Cancelled);
            Assert.Equal(1, await host.PurgeAsync());

            Assert.Equal(before, Json(await host.CommitAsync(_key, idempotencyKey: Words.Key("k"))));
            Assert.Equal(before, Json(await host.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled)));
            await Assert.ThrowsAsync<IdempotencyKeyReusedException>(
                () => host.CommitAsync(_key, idempotencyKey: Words.Key("k", "another request")));
            Assert.Equal(["m2"], (await host.AuditAsync(_key)).Context);
            Assert.Empty(await NamesAsync(container, "orchestrations/active/"));
        });

    [Fact]
    public Task A_task_that_has_failed_without_an_archive_is_answered_as_before() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await host.AppendAsync(_key, "m1");
        host.Faults.When(static r => r.Is("PUT", "manifests/"), Fault.NeverAnswer, times: int.MaxValue);
        CommitTask task = await host.CommitAsync(_key);
        await host.Client.TerminateInstanceAsync(task.TaskId, "by a test", Cancelled);
        string before = Json(await host.EndOfAsync(_key, task.TaskId));
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.Equal(1, await host.PurgeAsync());
        Assert.Equal(before, Json(await host.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled)));
        Assert.Empty(await host.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery { Session = _key.Id }, Cancelled));

        // An audit takes what was kept for no orphan, unless its session is gone.
        using Host auditor = await Host.StartAsync(cluster, container.Name, Options());
        Assert.DoesNotContain(await RepairAsync(auditor), static f => f.Kind == FindingKind.OrphanedTask && f.Blob!.Contains("by-user"));
        Assert.Equal(before, Json(await host.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled)));

        // The deletion finds it, although it has no archive.
        using Host deleter = await RunAsync(cluster, container.Name);
        string incarnation = await deleter.Store.Sessions.IncarnationAsync(_key, Cancelled);
        CommitInput commit = await deleter.AcceptAsync(_key, task.TaskId);
        await deleter.Store.Sessions.DeleteAsync(_key, Cancelled);
        await deleter.Client.WaitForInstanceCompletionAsync($"delete-{incarnation}", Cancelled);
        Assert.Empty(await NamesAsync(container, "tasks/"));

        var index = new TaskIndex(await cluster.ConnectAsync(container.Name));
        await index.AddAsync(commit, Cancelled);
        await index.KeepAsync(commit, PurgedTask.From(task, null), Cancelled);
        Assert.Contains(await RepairAsync(auditor), static f => f.Kind == FindingKind.OrphanedTask && f.Blob!.Contains("by-user"));
        Assert.Empty(await NamesAsync(container, "tasks/"));
    });

    [Theory]
    [MemberData(nameof(Points))]
    public Task Whatever_comes_of_a_request_the_task_is_answered_and_the_next_purge_does_the_rest(FaultKind kind, int request) =>
        RunAsync(async (cluster, container) =>
        {
            using Host host = await RunAsync(cluster, container.Name);
            CommitTask task = await EndAsync(host, "keyed");
            string before = Json(task);
            await Task.Delay(s_longAgo, cluster.Time, Cancelled);

            using Host faulty = await Host.StartAsync(cluster, container.Name, Options());
            Func<Task> deliver = faulty.Faults.Inject(kind, request);
            Task purge = faulty.PurgeAsync();
            await Task.WhenAny(purge, faulty.Faults.Stopped, Task.Delay(TimeSpan.FromMinutes(5), cluster.Time, Cancelled));
            await faulty.KillAsync();
            Assert.Equal(before, Json(await host.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled)));

            await Task.Delay(s_longAgo, cluster.Time, Cancelled);
            Assert.NotNull(await host.PurgeAsync());
            await deliver();
            cluster.LetAllArrive();
            Assert.Null(await host.Client.GetInstanceAsync(task.TaskId, Cancelled));
            Assert.Equal(before, Json(await host.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled)));
            Assert.Empty(await NamesAsync(container, "tasks/by-session/"));
            Assert.Empty(await NamesAsync(container, "orchestrations/active/"));
            Assert.Empty(await NamesAsync(container, "orchestrations/finished/"));
        });

    [Theory]
    [MemberData(nameof(Requests))]
    public Task A_task_that_is_retried_meanwhile_goes_on_and_is_listed(int request, bool ends) => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name, fallBack: false);
        CommitTask task = await EndAsync(host, "failed");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);

        using Host other = await Host.StartAsync(cluster, container.Name, Options());
        var held = new HoldsRequest();
        other.Faults.AtRequest(request, held);
        Task purge = other.PurgeAsync();
        if (await Task.WhenAny(held.Arrived, purge) == purge)
        {
            // It has no more requests.
            await purge;
            return;
        }

        bool isRetried = true;
        try
        {
            await host.Store.Tasks.RetryAsync(_key.Owner, task.TaskId, Cancelled);
            if (ends)
            {
                await host.EndOfAsync(_key, task.TaskId);
            }
        }
        catch (TaskNotFoundException)
        {
            isRetried = false;
        }

        await held.ReleaseAsync();
        await purge;
        if (isRetried)
        {
            Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, task.TaskId)).Status);
            Assert.NotNull(await host.Client.GetInstanceAsync(task.TaskId, Cancelled));
            foreach (string? session in (string?[])[null, _key.Id])
            {
                Assert.Single(await host.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery { Session = session }, Cancelled));
            }
        }
    });

    /// <summary>Each request of a purge, by number, and whether the retry has ended before it goes on.</summary>
    public static TheoryData<int, bool> Requests => [.. Enumerable.Range(1, 14).SelectMany(static n => new[] { (n, false), (n, true) })];

    [Fact]
    public Task It_costs_what_is_purged() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        foreach (int i in Enumerable.Range(1, 10))
        {
            await host.AppendAsync(_key, $"m{i}");
            await host.CommitToEndAsync(_key);
        }

        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        foreach (int i in Enumerable.Range(11, 20))
        {
            await host.AppendAsync(_key, $"m{i}");
            await host.CommitToEndAsync(_key);
        }

        await host.QuietAsync();
        host.Log.Clear();
        Assert.Equal(10, await host.PurgeAsync());

        // The turn, taken and given back, a listing of what runs and one of what has ended; then what each purge takes.
        Assert.InRange(host.Log.Count, 10, 5 + (10 * 10));
        host.Log.Clear();
        Assert.Null(await host.PurgeAsync());
        Assert.Equal(1, host.Log.Count);

        // One listing, and two requests for each task that is listed: those that are purged are passed over unread.
        host.Log.Clear();
        Assert.Equal(20, (await host.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery(), Cancelled)).Count);
        Assert.Equal(1 + (2 * 20), host.Log.Count);
    });

    [Fact]
    public Task One_host_purges_and_another_one_takes_over_from_one_that_has_died() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await EndAsync(host, "completed");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host first = await Host.StartAsync(cluster, container.Name, Options());
        first.Faults.StopTheWorldAt(3);
        Task purge = first.PurgeAsync();
        await first.Faults.Stopped;
        Assert.Null(await host.PurgeAsync());
        await Task.Delay(TimeSpan.FromMinutes(9), cluster.Time, Cancelled);
        Assert.Null(await host.PurgeAsync());
        await Task.Delay(TimeSpan.FromMinutes(2), cluster.Time, Cancelled);
        Assert.Equal(1, await host.PurgeAsync());
        Assert.False(purge.IsCompleted);
        Assert.Null(await host.PurgeAsync());
        await Task.Delay(TimeSpan.FromDays(1), cluster.Time, Cancelled);
        Assert.Equal(0, await host.PurgeAsync());
    });

    [Fact]
    public Task Of_two_hosts_that_look_at_the_same_time_one_purges() => Simulated.RunInManyOrdersAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host one = await Host.StartAsync(cluster, container, Options());
        using Host other = await Host.StartAsync(cluster, container, Options());
        int?[] purged = await Task.WhenAll(one.PurgeAsync(), other.PurgeAsync());
        Assert.Equal([0, null], purged.OrderDescending());
    });

    [Fact]
    public Task A_host_whose_clock_is_ahead_purges_nothing_early() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await EndAsync(host, "completed");
        using Host ahead = await Host.StartAsync(
            cluster, container.Name, Options(), time: new SkewedTime(cluster.Time, TimeSpan.FromDays(3)));
        Assert.Equal(0, await ahead.PurgeAsync());

        // Nor does it keep the turn until its time has come.
        Assert.Equal(0, await host.PurgeAsync());
    });

    [Fact]
    public Task A_turn_whose_answer_was_lost_is_taken() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        await EndAsync(host, "completed");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host other = await Host.StartAsync(cluster, container.Name, Options());
        other.Faults.When(static r => r.Is("PUT", "retention/"), Fault.DropAnswer);
        Assert.Equal(1, await other.PurgeAsync());
    });

    [Fact]
    public Task A_key_is_answered_with_the_instance_where_a_purge_has_ended_halfway() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name, fallBack: false);
        await host.AppendAsync(_key, "m1");
        host.Processor.Before = static _ => throw new InvalidOperationException("away");
        CommitTask failed = await host.CommitToEndAsync(_key, idempotencyKey: Words.Key("k"));
        host.Processor.Before = static _ => Task.CompletedTask;
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host dying = await Host.StartAsync(cluster, container.Name, Options());
        var held = new HoldsRequest();
        dying.Faults.When(static r => r.Is("DELETE", "orchestrations/finished/"), held);
        _ = dying.PurgeAsync();
        await held.Arrived;
        await dying.KillAsync();

        await host.Store.Tasks.RetryAsync(_key.Owner, failed.TaskId, Cancelled);
        CommitTask completed = await host.EndOfAsync(_key, failed.TaskId);
        Assert.Equal(CommitTaskStatus.Completed, completed.Status);
        Assert.Equal(completed.Status, (await host.CommitAsync(_key, idempotencyKey: Words.Key("k"))).Status);
    });

    [Fact]
    public Task What_was_accepted_long_ago_and_ended_a_moment_ago_is_kept() => RunAsync(async (cluster, container) =>
    {
        using Host dying = await RunAsync(cluster, container.Name);
        dying.Processor.Before = static token => Task.Delay(Timeout.Infinite, token);
        await dying.AppendAsync(_key, "m1");
        CommitTask task = await dying.CommitAsync(_key);
        await dying.StageAsync(task.TaskId, "summarizing");
        await dying.KillAsync();
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        using Host host = await RunAsync(cluster, container.Name);
        await host.Client.WaitForInstanceCompletionAsync(task.TaskId, Cancelled);
        Assert.Equal(0, await host.PurgeAsync());
        Assert.NotNull(await host.Client.GetInstanceAsync(task.TaskId, Cancelled));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task What_is_kept_of_a_task_comes_back_to_no_session_that_was_deleted_meanwhile(int write) =>
        RunAsync(async (cluster, container) =>
        {
            using Host host = await RunAsync(cluster, container.Name);
            await EndAsync(host, "keyed");
            await Task.Delay(s_longAgo, cluster.Time, Cancelled);
            using Host other = await Host.StartAsync(cluster, container.Name, Options());
            var held = new HoldsRequest();
            other.Faults.When(static r => r.Is("PUT", "tasks/"), held, skip: write - 1);
            Task purge = other.PurgeAsync();
            await held.Arrived;
            string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
            await host.Store.Sessions.DeleteAsync(_key, Cancelled);
            await host.Client.WaitForInstanceCompletionAsync($"delete-{incarnation}", Cancelled);
            await held.ReleaseAsync();
            await purge;
            Assert.Empty(await NamesAsync(container, "tasks/"));
        });

    [Fact]
    public Task Zero_keeps_everything() => RunAsync(async (cluster, container) =>
    {
        using Host host = await Host.RunAsync(
            cluster, container.Name, Options() with { TaskRetention = TimeSpan.Zero }, engine: Host.Seldom);
        await EndAsync(host, "completed");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        host.Log.Clear();
        Assert.Null(await host.PurgeAsync());
        Assert.Equal(0, host.Log.Count);
    });

    [Fact]
    public Task A_deletion_takes_the_entries_of_its_tasks_along() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        CommitTask purged = await EndAsync(host, "completed");
        CommitTask keyed = await EndAsync(host, "keyed");
        SessionKey other = new("acme", "ada", "s2");
        await host.AppendAsync(other, "n1");
        await host.CommitToEndAsync(other);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.Equal(3, await host.PurgeAsync());
        CommitTask kept = await EndAsync(host, "keyed again");
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);
        await host.Client.WaitForInstanceCompletionAsync($"delete-{incarnation}", Cancelled);

        List<string> left = await NamesAsync(container, "tasks/");
        Assert.DoesNotContain(left, name => new[] { purged, keyed, kept }.Any(t => name.Contains(t.TaskId, StringComparison.Ordinal)));
        Assert.Single(left);
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.Equal(2, await host.PurgeAsync());
        Assert.Single(await NamesAsync(container, "tasks/"));
        Assert.Empty(await NamesAsync(container, "orchestrations/finished/"));
    });

    [Fact]
    public Task A_deletion_leaves_the_tasks_of_a_session_that_is_created_under_the_same_id() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        CommitTask gone = await EndAsync(host, "completed");
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);
        CommitTask next = await EndAsync(host, "keyed");
        await host.Client.WaitForInstanceCompletionAsync($"delete-{incarnation}", Cancelled);
        Assert.Equal(3, (await NamesAsync(container, "tasks/")).Count(n => n.Contains(next.TaskId, StringComparison.Ordinal)));
        Assert.DoesNotContain(
            await NamesAsync(container, "tasks/"), n => n.Contains(gone.TaskId, StringComparison.Ordinal));
    });

    [Fact]
    public Task A_commit_of_a_deleted_session_leaves_nothing() => RunAsync(async (cluster, container) =>
    {
        // Accepted by a host that had not heard of the deletion, after everything was deleted.
        using Host host = await RunAsync(cluster, container.Name);
        CommitTask task = await EndAsync(host, "keyed");
        CommitInput commit = CommitTaskReader.Input((await host.Client.GetInstanceAsync(task.TaskId, Cancelled))!)!;
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);
        await host.Client.WaitForInstanceCompletionAsync($"delete-{incarnation}", Cancelled);
        Assert.Empty(await NamesAsync(container, "tasks/"));
        await new TaskIndex(await cluster.ConnectAsync(container.Name)).AddAsync(commit, Cancelled);
        Assert.NotEmpty(await NamesAsync(container, "tasks/"));
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.Equal(2, await host.PurgeAsync());
        Assert.Empty(await NamesAsync(container, "tasks/"));
    });

    [Fact]
    public Task A_key_still_stands_for_its_commit_and_its_archive_is_still_found() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        CommitTask task = await EndAsync(host, "keyed");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.Equal(1, await host.PurgeAsync());
        Assert.Single(await host.Store.MemorySearch.SearchAsync(_key.Owner, "messages", 10, where: null, Cancelled));

        Assert.Equal(Json(task), Json(await host.CommitAsync(_key, idempotencyKey: Words.Key("k"))));
        Assert.Single((await host.AuditAsync(_key)).Archives);
    });

    [Fact]
    public Task What_was_kept_tells_that_the_archive_was_digested_again_since() => RunAsync(async (cluster, container) =>
    {
        using Host host = await RunAsync(cluster, container.Name);
        CommitTask task = await EndAsync(host, "degraded");
        await Task.Delay(s_longAgo, cluster.Time, Cancelled);
        Assert.Equal(1, await host.PurgeAsync());
        Assert.Equal(
            ArchiveState.Degraded, (await host.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled)).Output!.State);
        await host.DigestAgainAsync(_key);
        Assert.Equal(
            ArchiveState.Covered, (await host.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled)).Output!.State);
    });

    private static Task RunAsync(Func<SimulatedCluster, BlobContainerClient, Task> test) => Simulated.RunAsync(async cluster =>
    {
        cluster.MaxTime = TimeSpan.FromDays(10);
        await test(cluster, await cluster.NewContainerAsync());
    });

    private static Task<Host> RunAsync(SimulatedCluster cluster, string container, bool fallBack = true) =>
        Host.RunAsync(cluster, container, Options(fallBack), engine: Host.Seldom);

    /// <summary>A commit of one message that has ended so.</summary>
    private async Task<CommitTask> EndAsync(Host host, string kind)
    {
        await host.AppendAsync(_key, "m1");
        switch (kind)
        {
            case "degraded":
                host.Processor.Before = static _ => throw new InvalidOperationException("away");
                CommitTask degraded = await host.CommitToEndAsync(_key);
                host.Processor.Before = static _ => Task.CompletedTask;
                return degraded;
            case "failed":
            case "covered by a retry":
                host.Processor.Before = static _ => throw new InvalidOperationException("away");
                CommitTask failed = await host.CommitToEndAsync(_key);
                host.Processor.Before = static _ => Task.CompletedTask;
                if (kind == "failed")
                {
                    return failed;
                }

                await host.Store.Tasks.RetryAsync(_key.Owner, failed.TaskId, Cancelled);
                return await host.EndOfAsync(_key, failed.TaskId);
            case "cancelled after clear-live":
                host.Processor.Before = static token => Task.Delay(Timeout.Infinite, token);
                CommitTask cancelled = await host.CommitAsync(_key);
                await host.StageAsync(cancelled.TaskId, "summarizing");
                await host.Store.Tasks.CancelAsync(_key.Owner, cancelled.TaskId, Cancelled);
                return await host.EndOfAsync(_key, cancelled.TaskId);
            case "terminated before clear-live":
            case "terminated before the switch":
                // It has cut; or its record is written, and the swap that makes it true is not.
                HoldsRequest held = HoldsArchive(
                    host, kind == "terminated before clear-live" ? "/messages.jsonl" : "/index/00000001.json");
                CommitTask accepted = await host.CommitAsync(_key);
                await held.Arrived;
                await host.Client.TerminateInstanceAsync(accepted.TaskId, "by a test", Cancelled);
                return await host.EndOfAsync(_key, accepted.TaskId);
            default:
                return await host.CommitToEndAsync(
                    _key, idempotencyKey: kind.StartsWith("keyed", StringComparison.Ordinal)
                        ? Words.Key(kind == "keyed" ? "k" : "k2") : null);
        }
    }

    private static HoldsRequest HoldsArchive(Host host, string end)
    {
        var held = new HoldsRequest();
        host.Faults.When(r => r.Is("PUT", "archives/") && r.Blob.EndsWith(end, StringComparison.Ordinal), held);
        return held;
    }

    private static ValueTask<List<Finding>> RepairAsync(Host host) => host.Store.Audit
        .RunAsync(new AuditOptions { Repair = true, OrphanAge = TimeSpan.Zero }, cancellationToken: Cancelled).ToListAsync(Cancelled);

    private static string Json(CommitTask task) => JsonSerializer.Serialize(task, OrchestrationJson.Options);

    private static Task<List<string>> NamesAsync(BlobContainerClient container, string prefix) =>
        container.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, Cancelled).Select(static b => b.Name)
            .ToListAsync(Cancelled).AsTask();
}
