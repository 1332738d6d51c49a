using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Context;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>Whole commits, run by the engine.</summary>
[Collection(nameof(Simulated))]
public sealed class CommitTests
{
    private static readonly string[] Said = ["m1", "m2", "m3", "m4"];

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_commit_archives_what_is_live_and_completes_after_the_switch() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await host.AppendAsync(_key, Said);
        CommitTask accepted = await host.CommitAsync(_key, keepRecent: 1);
        Assert.Equal(1, accepted.ArchiveNumber);
        CommitTask ended = await host.EndOfAsync(_key, accepted.TaskId);
        Assert.Equal(CommitTaskStatus.Completed, ended.Status);
        Assert.Equal(ArchiveState.Covered, ended.Output!.State);

        using Host fresh = await Host.StartAsync(cluster, container);
        Audit audit = await fresh.AuditAsync(_key);
        Assert.Equal(Said, audit.Everything);
        Assert.Equal(["m4"], audit.Context);
        Assert.Equal("m1+2", (await fresh.Store.Sessions.ReadContextAsync(_key, 1000, Cancelled)).Overview);
        Assert.Equal(accepted.TaskId, audit.Archives[0].TaskId);
    });

    [Fact]
    public Task Completed_is_never_seen_before_a_fresh_host_reads_the_switched_state() => Simulated.RunInManyOrdersAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        using Host reader = await Host.StartAsync(cluster, container);
        for (int i = 1; i <= 20; i++)
        {
            await host.AppendAsync(_key, $"m{i}");
            CommitTask task = await host.CommitAsync(_key);
            while (!(await reader.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled)).IsOver)
            {
                await Task.Yield();
            }

            using Host fresh = await Host.StartAsync(cluster, container);
            SessionInfo info = await fresh.Store.Sessions.GetAsync(_key, false, Cancelled);
            Assert.Empty(info.PendingArchives);
            Assert.Equal(i, info.CommitCount);
            Assert.Equal(0, info.MessageCount);
        }
    });

    [Theory]
    [InlineData(0, SkipReason.NoMessages)]
    [InlineData(2, SkipReason.AllWithinKeepWindow)]
    public Task A_commit_with_nothing_to_do_is_skipped_without_a_task(
        int messages, SkipReason reason) => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await host.Store.Sessions.CreateAsync(_key.Owner, "s1", new SessionSettings(), null, Cancelled);
        for (int i = 0; i < messages; i++)
        {
            await host.AppendAsync(_key, $"m{i}");
        }

        foreach (IdempotencyKey? idempotencyKey in (IdempotencyKey?[])[null, Words.Key("k"), Words.Key("k")])
        {
            CommitAnswer answer = await host.Store.Commits.CommitAsync(
                _key, new CommitRequest { KeepRecentCount = 5, IdempotencyKey = idempotencyKey }, Cancelled);
            Assert.Null(answer.Task);
            Assert.Equal(reason, answer.SkipReason);
        }

        await host.AppendAsync(_key, "a", "b", "c", "d", "e", "f");

        // The first answer of a key stands.
        CommitAnswer repeated = await host.Store.Commits.CommitAsync(
            _key, new CommitRequest { KeepRecentCount = 5, IdempotencyKey = Words.Key("k") }, Cancelled);
        Assert.Equal(reason, repeated.SkipReason);
        Assert.Equal(messages + 6, (await host.AuditAsync(_key)).Context.Count);
    });

    [Fact]
    public Task A_repeated_key_is_one_commit_on_every_host_and_after_its_end() => Simulated.RunInManyOrdersAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host one = await Host.RunAsync(cluster, container);
        using Host two = await Host.RunAsync(cluster, container);
        await one.AppendAsync(_key, Said);
        CommitTask[] tasks = await Task.WhenAll(Enumerable.Range(0, 6).Select(
            i => (i % 2 == 0 ? one : two).CommitAsync(_key, idempotencyKey: Words.Key("k"))));
        string id = Assert.Single(tasks.Select(static t => t.TaskId).Distinct());
        await one.EndOfAsync(_key, id);
        await two.AppendAsync(_key, "m5");
        CommitTask again = await two.CommitAsync(_key, idempotencyKey: Words.Key("k"));
        Assert.Equal((id, 1, CommitTaskStatus.Completed), (again.TaskId, again.ArchiveNumber, again.Status));
        await Assert.ThrowsAsync<IdempotencyKeyReusedException>(() => two.CommitAsync(_key, idempotencyKey: Words.Key("k", "other")));
        Audit audit = await two.AuditAsync(_key);
        Assert.Equal([.. Said, "m5"], audit.Everything);
        Assert.Single(audit.Archives);
        Assert.Single(await two.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery { Session = "s1" }, Cancelled));
    });

    [Fact]
    public Task Commits_that_wait_their_turn_are_switched_in_order_and_appends_wait_for_none() =>
        Simulated.RunInManyOrdersAsync(async cluster =>
        {
            string container = (await cluster.NewContainerAsync()).Name;
            var release = new TaskCompletionSource();
            var slow = new FakeProcessor { Before = cancellationToken => release.Task.WaitAsync(cancellationToken) };
            using Host one = await Host.RunAsync(cluster, container, processor: slow);
            using Host two = await Host.RunAsync(cluster, container, processor: slow);
            var tasks = new List<CommitTask>();
            for (int i = 1; i <= 6; i++)
            {
                Host host = i % 2 == 0 ? one : two;
                await host.AppendAsync(_key, $"m{i}");
                tasks.Add(await host.CommitAsync(_key));
            }

            Assert.Equal([1, 2, 3, 4, 5, 6], tasks.Select(static t => t.ArchiveNumber));
            using Host fresh = await Host.StartAsync(cluster, container);
            Assert.Equal(Enumerable.Range(1, 6).Select(static i => $"m{i}"), (await fresh.AuditAsync(_key)).Context);
            release.SetResult();
            foreach (CommitTask task in tasks)
            {
                Assert.Equal(CommitTaskStatus.Completed, (await one.EndOfAsync(_key, task.TaskId)).Status);
            }

            Audit audit = await fresh.AuditAsync(_key);
            Assert.Empty(audit.Context);
            Assert.All(audit.Archives, static a => Assert.Equal(ArchiveState.Covered, a.State));
            Assert.Equal("m1+0 m2+0 m3+0 m4+0 m5+0 m6+0", (await fresh.Store.Sessions.ReadContextAsync(_key, 1000, Cancelled)).Overview);
        });

    [Fact]
    public Task A_processor_that_stays_broken_is_stood_in_for() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var broken = new FakeProcessor { Before = static _ => throw new IOException("The model is away.") };
        using Host host = await Host.RunAsync(cluster, container, Retrying(fallBack: true), broken);
        host.Fallback.WithoutMemories = "that needs a model";
        await host.AppendAsync(_key, Said);
        CommitTask ended = await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Degraded), (ended.Status, ended.Output!.State));
        Assert.Equal(3, broken.Calls);
        Assert.Equal(1, host.Fallback.Calls);

        // Why, in one of the fixed texts, where the user looks: beside the archive's state, and where memories are missing.
        Assert.Matches(@"^the digest failed \(ERR-[0-9a-f]{16}\)$", ended.Output.Reason);
        Assert.Equal(
            $"the built-in digest, which extracts no memories, stands in for the model: {ended.Output.Reason}",
            Assert.Single(ended.Output.Memories!.Skipped).Reason);

        // An operator's listing reads no instance, and shows whose it is and how it ended.
        OrchestrationMetadata listed = Assert.Single(
            (await host.Client.ListInstancesAsync(new OrchestrationQuery { InstanceIdPrefix = ended.TaskId }, Cancelled)).Values);
        Assert.Equal((_key.Owner.ToString(), _key.Id), (listed.FairnessKey, listed.Tags[CommitNames.SessionTag]));
        Assert.Equal("""{"stage":"switching","number":1,"cancelling":false,"state":"Degraded"}""", listed.SerializedCustomStatus);
    });

    [Fact]
    public Task With_too_many_archives_without_a_digest_the_built_in_one_stands_in_and_says_so() => Simulated.RunAsync(async cluster =>
    {
        var broken = new FakeProcessor { Before = static _ => throw new IOException("The model is away.") };
        SessionOptions options = Retrying(fallBack: false);
        options.MaxUncoveredArchives = 2;
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, options, broken);
        for (int i = 1; i <= 2; i++)
        {
            await host.AppendAsync(_key, $"m{i}");
            Assert.Equal(CommitTaskStatus.Failed, (await host.CommitToEndAsync(_key)).Status);
        }

        int asked = broken.Calls;
        await host.AppendAsync(_key, "m3");
        CommitTask ended = await host.CommitToEndAsync(_key);
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Degraded), (ended.Status, ended.Output!.State));
        Assert.Equal("the session has too many archives without a digest for a model", ended.Output.Reason);
        Assert.Equal(asked, broken.Calls);
        SessionContext context = await host.Store.Sessions.ReadContextAsync(_key, 1_000, Cancelled);
        Assert.Equal(("m1+2", 0), (context.Overview, context.Messages.Count));
    });

    [Fact]
    public Task With_the_other_policy_the_task_fails_and_nothing_else_does() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        bool works = false;
        var broken = new FakeProcessor { Before = _ => works ? Task.CompletedTask : throw new IOException("The model is away.") };
        using Host host = await Host.RunAsync(cluster, container, Retrying(fallBack: false), broken);
        await host.AppendAsync(_key, "m1");
        CommitTask first = await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        Assert.Equal(CommitTaskStatus.Failed, first.Status);
        Assert.Matches(@"^The step semantic-process failed: the digest failed\. The log has it under ERR-[0-9a-f]{16}\.$", first.Error);
        Assert.Equal(["m1"], (await host.AuditAsync(_key)).Context);
        await host.AppendAsync(_key, "m2");
        CommitTask second = await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        Assert.Equal(CommitTaskStatus.Failed, second.Status);
        Assert.Equal(["m1", "m2"], (await host.AuditAsync(_key)).Context);

        // Tried again, a commit covers what failed before it; and one that is covered by then has nothing to do.
        works = true;
        int calls = broken.Calls;
        CommitTask retried = await host.Store.Tasks.RetryAsync(_key.Owner, second.TaskId, Cancelled);
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, retried.TaskId)).Status);
        Audit audit = await host.AuditAsync(_key);
        Assert.Empty(audit.Context);
        Assert.Equal([ArchiveState.Covered, ArchiveState.Covered], audit.Archives.Select(static a => a.State));
        Assert.Equal("m1+1", (await host.Store.Sessions.ReadContextAsync(_key, 1000, Cancelled)).Overview);
        await host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled);
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, first.TaskId)).Status);
        Assert.Equal(calls + 1, broken.Calls);
        await Assert.ThrowsAsync<TaskStatusException>(() => host.Store.Tasks.RetryAsync(_key.Owner, first.TaskId, Cancelled));
    });

    [Fact]
    public Task A_processor_that_never_answers_is_given_up() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var hanging = new FakeProcessor { Before = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken) };
        SessionOptions options = new() { Semantic = new SemanticPolicy { MaxAttempts = 1, Timeout = TimeSpan.FromMilliseconds(50) } };
        using Host host = await Host.RunAsync(cluster, container, options, hanging);
        await host.AppendAsync(_key, Said);
        CommitTask ended = await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        Assert.Equal(ArchiveState.Degraded, ended.Output!.State);
    });

    [Fact]
    public Task Cancelled_while_its_digest_is_made_a_commit_keeps_its_archive_uncovered() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        bool hangs = true;
        var hanging = new FakeProcessor
        {
            Before = cancellationToken => hangs ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask,
        };
        using Host host = await Host.RunAsync(cluster, container, processor: hanging);
        using Host other = await Host.RunAsync(cluster, container);
        await host.AppendAsync(_key, Said);
        CommitTask task = await host.CommitAsync(_key);
        await host.StageAsync(task.TaskId, "summarizing");
        Assert.Equal(CommitTaskStatus.Cancelling, (await other.Store.Tasks.CancelAsync(_key.Owner, task.TaskId, Cancelled)).Status);
        CommitTask ended = await host.EndOfAsync(_key, task.TaskId);
        Assert.Equal((CommitTaskStatus.Cancelled, 1), (ended.Status, ended.ArchiveNumber));
        Audit audit = await host.AuditAsync(_key);
        Assert.Equal(Said, audit.Context);
        Assert.Equal(ArchiveState.Uncovered, audit.Archives[0].State);
        Assert.Equal(CommitTaskStatus.Cancelled, (await host.Store.Tasks.CancelAsync(_key.Owner, task.TaskId, Cancelled)).Status);

        hangs = false;
        await host.Store.Tasks.RetryAsync(_key.Owner, task.TaskId, Cancelled);
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, task.TaskId)).Status);
        Assert.Empty((await host.AuditAsync(_key)).Context);
    });

    [Fact]
    public Task Cancelled_before_clear_live_a_commit_leaves_everything_live() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await host.AppendAsync(_key, Said);
        var held = new HoldsRequest();
        host.Faults.When(static r => r.Comp == "seal", held);
        Task<CommitTask> accepting = host.CommitAsync(_key);
        await held.Arrived;
        CommitTask task = Assert.Single(await host.Store.Tasks.ListAsync(_key.Owner, new CommitTaskQuery(), Cancelled));
        await host.Store.Tasks.CancelAsync(_key.Owner, task.TaskId, Cancelled);
        await held.ReleaseAsync();
        CommitTask ended = await host.EndOfAsync(_key, task.TaskId);
        Assert.Equal(CommitTaskStatus.Cancelled, ended.Status);
        Assert.Null(ended.ArchiveNumber);
        await accepting;
        Audit audit = await host.AuditAsync(_key);
        Assert.Equal(Said, audit.Context);
        Assert.Empty(audit.Archives);

        await host.Store.Tasks.RetryAsync(_key.Owner, task.TaskId, Cancelled);
        Assert.Equal(1, (await host.EndOfAsync(_key, task.TaskId)).ArchiveNumber);
        Assert.Equal(Said, Assert.Single((await host.AuditAsync(_key)).Archives).Texts);
    });

    [Fact]
    public Task A_commit_that_an_operator_ended_holds_up_no_other() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        bool hangs = true;
        var hanging = new FakeProcessor
        {
            Before = cancellationToken => hangs ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask,
        };
        using Host host = await Host.RunAsync(cluster, container, processor: hanging);
        await host.AppendAsync(_key, "m1");
        CommitTask first = await host.CommitAsync(_key);
        await host.StageAsync(first.TaskId, "summarizing");
        hangs = false;
        await host.Client.TerminateInstanceAsync(first.TaskId, "by an operator", Cancelled);
        Assert.Equal(CommitTaskStatus.Failed, (await host.EndOfAsync(_key, first.TaskId)).Status);
        await host.AppendAsync(_key, "m2");
        CommitTask second = await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        Assert.Equal((CommitTaskStatus.Completed, 2), (second.Status, second.ArchiveNumber));
        Audit audit = await host.AuditAsync(_key);
        Assert.Empty(audit.Context);
        Assert.Equal(["m1", "m2"], audit.Everything);
    });

    [Fact]
    public Task A_commit_that_has_waited_long_notices_soon_that_the_one_before_it_was_ended() => Simulated.RunAsync(async cluster =>
    {
        bool hangs = true;
        var hanging = new FakeProcessor
        {
            Before = cancellationToken => hangs ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask,
        };
        var options = new SessionOptions { Semantic = new SemanticPolicy { Timeout = TimeSpan.FromHours(12) } };
        var patient = new EngineOptions { Ownership = TimeSpan.FromMinutes(2), SweepInterval = TimeSpan.FromMinutes(5) };
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, options, hanging, engine: patient);
        await host.AppendAsync(_key, "m1");
        CommitTask first = await host.CommitAsync(_key);
        await host.StageAsync(first.TaskId, "summarizing");
        await host.AppendAsync(_key, "m2");
        CommitTask second = await host.CommitAsync(_key);
        await host.StageAsync(second.TaskId, "waiting_turn");
        await Task.Delay(TimeSpan.FromHours(3), host.Time, Cancelled);
        hangs = false;
        await host.Client.TerminateInstanceAsync(first.TaskId, "by an operator", Cancelled);
        DateTimeOffset ended = host.Time.GetUtcNow();

        await host.Client.WaitForInstanceCompletionAsync(second.TaskId, Cancelled).WaitAsync(TimeSpan.FromHours(2), host.Time, Cancelled);

        CommitTask switched = await host.EndOfAsync(_key, second.TaskId);
        Assert.Equal((CommitTaskStatus.Completed, 2), (switched.Status, switched.ArchiveNumber));
        Assert.InRange(host.Time.GetUtcNow() - ended, TimeSpan.Zero, TimeSpan.FromMinutes(9));
        Assert.Equal(["m1", "m2"], (await host.AuditAsync(_key)).Everything);
    });

    [Theory]
    [InlineData(1, 0, 20)]
    [InlineData(1, 60, 20)]
    [InlineData(30, 0, 120)]
    public Task A_commit_notices_that_all_before_it_were_ended(int before, int events, int seconds) => Simulated.RunAsync(async cluster =>
    {
        bool hangs = true;
        var hanging = new FakeProcessor
        {
            Before = cancellationToken => hangs ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask,
        };
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, processor: hanging);
        var tasks = new List<CommitTask>();
        for (int i = 0; i <= before; i++)
        {
            await host.AppendAsync(_key, $"m{i}");
            tasks.Add(await host.CommitAsync(_key));
            await host.StageAsync(tasks[i].TaskId, i == 0 ? "summarizing" : "waiting_turn");
        }

        CommitTask last = tasks[^1];

        // Events that wake it before its turn say nothing about how long it has waited.
        for (int i = 0; i < events; i++)
        {
            await host.Client.RaiseEventAsync(last.TaskId, CommitNames.TurnEvent, cancellationToken: Cancelled);
            await Task.Delay(TimeSpan.FromMilliseconds(100), host.Time, Cancelled);
        }

        await Task.Delay(TimeSpan.FromMinutes(before == 1 ? 1 : 6), host.Time, Cancelled);
        hangs = false;
        foreach (CommitTask task in tasks.SkipLast(1).Reverse())
        {
            await host.Client.TerminateInstanceAsync(task.TaskId, "by an operator", Cancelled);
        }

        DateTimeOffset ended = host.Time.GetUtcNow();
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, last.TaskId)).Status);
        Assert.InRange(host.Time.GetUtcNow() - ended, TimeSpan.Zero, TimeSpan.FromSeconds(seconds));
    });

    [Fact]
    public Task A_retry_waits_for_the_archives_before_its_own_so_that_its_overview_holds_them() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var release = new TaskCompletionSource();
        var slow = new FakeProcessor { Before = cancellationToken => release.Task.WaitAsync(cancellationToken) };
        using Host host = await Host.RunAsync(cluster, container, processor: slow);
        await host.AppendAsync(_key, "m1");
        CommitTask first = await host.CommitAsync(_key);
        await host.AppendAsync(_key, "m2");
        CommitTask second = await host.CommitAsync(_key);
        await host.StageAsync(second.TaskId, "waiting_turn");
        await host.Store.Tasks.CancelAsync(_key.Owner, second.TaskId, Cancelled);
        Assert.Equal(CommitTaskStatus.Cancelled, (await host.EndOfAsync(_key, second.TaskId)).Status);
        await host.Store.Tasks.RetryAsync(_key.Owner, second.TaskId, Cancelled);
        await host.StageAsync(second.TaskId, "waiting_turn");
        release.SetResult();
        await host.EndOfAsync(_key, first.TaskId);
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(_key, second.TaskId)).Status);
        Assert.Empty((await host.AuditAsync(_key)).Context);
        Assert.Equal("m1+0 m2+0", (await host.Store.Sessions.ReadContextAsync(_key, 1000, Cancelled)).Overview);
    });

    [Fact]
    public Task A_backlog_that_an_operator_ended_refuses_no_commit() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        bool hangs = true;
        var slow = new FakeProcessor
        {
            Before = cancellationToken => hangs ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask,
        };
        using Host host = await Host.RunAsync(cluster, container, new SessionOptions { MaxPendingCommits = 2 }, slow);
        var tasks = new List<CommitTask>();
        for (int i = 1; i <= 2; i++)
        {
            await host.AppendAsync(_key, $"m{i}");
            tasks.Add(await host.CommitAsync(_key, idempotencyKey: Words.Key($"k{i}")));
        }

        await host.AppendAsync(_key, "m3");
        await Assert.ThrowsAsync<SessionBusyException>(() => host.CommitAsync(_key));
        Assert.Equal(tasks[1].TaskId, (await host.CommitAsync(_key, idempotencyKey: Words.Key("k2"))).TaskId);
        hangs = false;
        foreach (CommitTask task in tasks)
        {
            await host.Client.TerminateInstanceAsync(task.TaskId, null, Cancelled);
            await host.EndOfAsync(_key, task.TaskId);
        }

        await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        Audit audit = await host.AuditAsync(_key);
        Assert.Equal(["m1", "m2", "m3"], audit.Everything);
        Assert.Empty(audit.Context);
    });

    [Fact]
    public Task A_task_of_another_user_is_not_found() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await host.AppendAsync(_key, Said);
        CommitTask task = await host.CommitAsync(_key);
        foreach (string id in (string[])[task.TaskId, "delete-x", "c0", "../x"])
        {
            await Assert.ThrowsAsync<TaskNotFoundException>(() => host.Store.Tasks.GetAsync(new UserKey("acme", "eve"), id, Cancelled));
            await Assert.ThrowsAsync<TaskNotFoundException>(() => host.Store.Tasks.CancelAsync(new UserKey("acme", "eve"), id, Cancelled));
            await Assert.ThrowsAsync<TaskNotFoundException>(() => host.Store.Tasks.RetryAsync(new UserKey("acme", "eve"), id, Cancelled));
        }

        Assert.Empty(await host.Store.Tasks.ListAsync(new UserKey("acme", "eve"), new CommitTaskQuery(), Cancelled));
    });

    [Fact]
    public Task A_task_whose_instance_was_purged_is_answered_from_its_record() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        foreach (IdempotencyKey? idempotencyKey in (IdempotencyKey?[])[null, Words.Key("k")])
        {
            await host.AppendAsync(_key, $"m{idempotencyKey?.Value}");
            CommitTask task = await host.EndOfAsync(_key, (await host.CommitAsync(_key, idempotencyKey: idempotencyKey)).TaskId);
            Assert.True(await host.Client.PurgeInstanceAsync(task.TaskId, Cancelled));
            CommitTask answered = await host.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled);
            Assert.Equal((CommitTaskStatus.Completed, task.ArchiveNumber), (answered.Status, answered.ArchiveNumber));
            await Assert.ThrowsAsync<TaskNotFoundException>(
                () => host.Store.Tasks.GetAsync(new UserKey("acme", "eve"), task.TaskId, Cancelled));
        }

        // The key of a commit that is forgotten still stands for it.
        CommitTask again = await host.CommitAsync(_key, idempotencyKey: Words.Key("k"));
        await host.EndOfAsync(_key, again.TaskId);
        Assert.Equal(2, (await host.AuditAsync(_key)).Archives.Count);
    });

    [Fact]
    public Task A_deletion_ends_a_running_commit_and_removes_every_blob() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var options = new SessionOptions { TombstoneRetention = TimeSpan.FromSeconds(1) };
        var hanging = new FakeProcessor { Before = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken) };
        using Host host = await Host.RunAsync(cluster, container, options, hanging);
        await host.AppendAsync(_key, Said);
        CommitTask task = await host.CommitAsync(_key);
        await host.StageAsync(task.TaskId, "summarizing");
        await host.AppendAsync(_key, "m5");
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => host.Store.Sessions.GetAsync(_key, false, Cancelled));
        await Assert.ThrowsAsync<SessionNotFoundException>(() => host.Store.Sessions.DeleteAsync(_key, Cancelled));
        await host.Client.WaitForInstanceCompletionAsync($"delete-{incarnation}", Cancelled)
            .WaitAsync(TimeSpan.FromSeconds(30), cluster.Time, Cancelled);
        List<string> left = await (await cluster.ConnectAsync(container)).Container.GetBlobsAsync(cancellationToken: Cancelled)
            .Select(static b => b.Name).ToListAsync(Cancelled);
        Assert.DoesNotContain(
            left, static name => name.StartsWith("segments/") || name.StartsWith("archives/") || name.StartsWith("manifests/"));
        await host.Store.Tasks.CancelAsync(_key.Owner, task.TaskId, Cancelled);
        await host.EndOfAsync(_key, task.TaskId);
    });

    private static SessionOptions Retrying(bool fallBack) => new()
    {
        Semantic = new SemanticPolicy { MaxAttempts = 3, FirstRetryInterval = TimeSpan.FromMilliseconds(10), FallBack = fallBack },
    };
}
