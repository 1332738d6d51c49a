using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Incidents;

/// <summary>Commits and tasks that elsewhere never ended, or ended wrongly. Each test is named by the numbers of public reports.</summary>
[Collection(nameof(Simulated))]
public sealed class StuckTests
{
    private static readonly SessionKey Key = EveryRequest.Key;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Reports_1694_3713_4392_an_archive_whose_host_died_blocks_none_of_the_later_ones() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var second = new TaskCompletionSource();
        var processor = new FakeProcessor();
        processor.Before = async cancellationToken =>
        {
            if (processor.Calls == 2)
            {
                second.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        };
        using Host dying = await Host.RunAsync(cluster, container, processor: processor);
        var tasks = new List<CommitTask>();
        for (int i = 1; i <= 5; i++)
        {
            await dying.AppendAsync(Key, $"m{i}");
            tasks.Add(await dying.CommitAsync(Key));
        }

        await second.Task.WaitAsync(TimeSpan.FromSeconds(30), cluster.Time, Cancelled);
        await dying.KillAsync();

        using Host next = await Host.RunAsync(cluster, container);
        foreach (CommitTask task in tasks)
        {
            Assert.Equal(CommitTaskStatus.Completed, (await next.EndOfAsync(Key, task.TaskId)).Status);
        }

        Audit audit = await next.AuditAsync(Key);
        Assert.Equal(tasks.Select(static t => t.TaskId), audit.Archives.Select(static a => a.TaskId));
        Assert.All(audit.Archives, static a => Assert.Equal(ArchiveState.Covered, a.State));
        Assert.Equal(["m1", "m2", "m3", "m4", "m5"], audit.Everything);
    });

    [Theory]
    [InlineData(2)]
    [InlineData(int.MaxValue)]
    public Task Reports_2294_2475_4419_a_model_that_fails_locks_no_session(int failures) => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var broken = new FakeProcessor();
        broken.Before = _ => broken.Calls <= failures ? throw new TimeoutException("The model has not answered.") : Task.CompletedTask;
        using Host host = await Host.RunAsync(cluster, container, Failing, broken);
        await host.AppendAsync(Key, "m1");
        Assert.Equal(CommitTaskStatus.Failed, (await host.CommitToEndAsync(Key)).Status);
        await host.AppendAsync(Key, "m2");
        Assert.Equal(["m1", "m2"], (await host.AuditAsync(Key)).Context);

        CommitTask second = await host.CommitToEndAsync(Key);
        Audit audit = await host.AuditAsync(Key);
        Assert.Equal(["m1", "m2"], audit.Everything);
        if (failures == 2)
        {
            // The later commit has covered both.
            Assert.Equal(CommitTaskStatus.Completed, second.Status);
            Assert.Empty(audit.Context);
            return;
        }

        Assert.Equal(CommitTaskStatus.Failed, second.Status);
        Assert.Equal(["m1", "m2"], audit.Context);
        broken.Before = static _ => Task.CompletedTask;
        await host.Store.Tasks.RetryAsync(Key.Owner, second.TaskId, Cancelled);
        Assert.Equal(CommitTaskStatus.Completed, (await host.EndOfAsync(Key, second.TaskId)).Status);
        Assert.Empty((await host.AuditAsync(Key)).Context);
    });

    [Fact]
    public Task Reports_4982_5025_failed_commits_are_listed_and_retried_until_all_are_completed() =>
        Simulated.RunInManyOrdersAsync(async cluster =>
        {
            const int Sessions = 12;
            string container = (await cluster.NewContainerAsync()).Name;
            var broken = new FakeProcessor { Before = static _ => throw new IOException("The model is away.") };
            using Host host = await Host.RunAsync(cluster, container, Failing, broken);
            SessionKey[] keys = [.. Enumerable.Range(1, Sessions).Select(static i => new SessionKey("acme", "ada", $"s{i}"))];
            CommitTask[] failed = await Task.WhenAll(keys.Select(async key =>
            {
                await host.AppendAsync(key, $"of {key.Id}");
                return await host.EndOfAsync(key, (await host.CommitAsync(key)).TaskId);
            }));
            Assert.All(failed, static t => Assert.Equal(CommitTaskStatus.Failed, t.Status));

            using Host operators = await Host.RunAsync(cluster, container);
            var query = new CommitTaskQuery { Status = CommitTaskStatus.Failed, Limit = 200 };
            IReadOnlyList<CommitTask> listed = await operators.Store.Tasks.ListAsync(Key.Owner, query, Cancelled);
            Assert.Equal(failed.Select(static t => t.TaskId).Order(), listed.Select(static t => t.TaskId).Order());
            broken.Before = static _ => Task.CompletedTask;
            foreach (CommitTask task in listed)
            {
                await operators.Store.Tasks.RetryAsync(Key.Owner, task.TaskId, Cancelled);
            }

            foreach (CommitTask task in listed)
            {
                Assert.Equal(CommitTaskStatus.Completed, (await operators.EndOfAsync(task.Session, task.TaskId)).Status);
                Assert.Empty((await operators.AuditAsync(task.Session)).Context);
            }

            Assert.Empty(await operators.Store.Tasks.ListAsync(Key.Owner, query, Cancelled));
        });

    [Fact]
    public Task A_commit_whose_instance_is_damaged_holds_up_no_other() => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient blobs = await cluster.NewContainerAsync();
        var hanging = new FakeProcessor { Before = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken) };
        using Host dead = await Host.RunAsync(cluster, blobs.Name, processor: hanging);
        await dead.AppendAsync(Key, "m1");
        CommitTask damaged = await dead.CommitAsync(Key);
        await dead.StageAsync(damaged.TaskId, "summarizing");
        await dead.KillAsync();
        BlobClient instance = blobs.GetBlobClient($"orchestrations/active/{damaged.TaskId}.json");
        BlobProperties before = await instance.GetPropertiesAsync(cancellationToken: Cancelled);
        await instance.UploadAsync(BinaryData.FromString("{"), new BlobUploadOptions { Metadata = before.Metadata }, Cancelled);

        using Host host = await Host.RunAsync(cluster, blobs.Name);
        await Task.Delay(TimeSpan.FromMinutes(1), host.Time, Cancelled);
        CommitTask failed = await host.Store.Tasks.GetAsync(Key.Owner, damaged.TaskId, Cancelled);
        Assert.Equal((CommitTaskStatus.Failed, Key), (failed.Status, failed.Session));
        Assert.Contains(damaged.TaskId, failed.Error, StringComparison.Ordinal);
        var all = new CommitTaskQuery { Limit = 10 };
        Assert.Equal(failed, Assert.Single(await host.Store.Tasks.ListAsync(Key.Owner, all, Cancelled)));

        await host.AppendAsync(Key, "m2");
        CommitTask next = await host.CommitToEndAsync(Key);
        Assert.Equal(CommitTaskStatus.Completed, next.Status);
        Audit audit = await host.AuditAsync(Key);
        Assert.Equal(["m1", "m2"], audit.Everything);
        Assert.Empty(audit.Context);
        Assert.Empty(audit.Info.PendingArchives);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_graceful_stop_in_the_middle_of_a_commit_ends_as_a_kill_does(bool graceful) => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        var hanging = new FakeProcessor { Before = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken) };
        using Host host = await Host.RunAsync(cluster, container, processor: hanging);
        await host.AppendAsync(Key, "m1");
        CommitTask task = await host.CommitAsync(Key);
        await host.StageAsync(task.TaskId, "summarizing");
        await (graceful ? host.StopAsync() : host.KillAsync());

        using Host reader = await Host.StartAsync(cluster, container);
        Assert.Equal(CommitTaskStatus.Running, (await reader.Store.Tasks.GetAsync(Key.Owner, task.TaskId, Cancelled)).Status);
        using Host next = await Host.RunAsync(cluster, container);
        CommitTask ended = await next.EndOfAsync(Key, task.TaskId);
        Assert.Equal((CommitTaskStatus.Completed, ArchiveState.Covered), (ended.Status, ended.Output!.State));
        Assert.Equal(["m1"], Assert.Single((await next.AuditAsync(Key)).Archives).Texts);
    });

    [Fact]
    public Task Reports_3023_4393_after_a_restart_every_task_has_its_id_and_its_status_or_a_later_one() =>
        Simulated.RunAsync(async cluster =>
        {
            string container = (await cluster.NewContainerAsync()).Name;
            bool isBroken = false;
            bool hangs = false;
            var processor = new FakeProcessor
            {
                Before = cancellationToken => isBroken ? throw new IOException("The model is away.")
                    : hangs ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask,
            };
            using Host host = await Host.RunAsync(cluster, container, Failing, processor);
            CommitTask completed = await SayAndCommitAsync(host, "s1", "m1");
            await host.EndOfAsync(completed.Session, completed.TaskId);
            isBroken = true;
            CommitTask failed = await SayAndCommitAsync(host, "s2", "m1");
            await host.EndOfAsync(failed.Session, failed.TaskId);
            (isBroken, hangs) = (false, true);
            CommitTask cancelled = await SayAndCommitAsync(host, "s3", "m1");
            await host.StageAsync(cancelled.TaskId, "summarizing");
            await host.Store.Tasks.CancelAsync(Key.Owner, cancelled.TaskId, Cancelled);
            await host.EndOfAsync(cancelled.Session, cancelled.TaskId);
            CommitTask running = await SayAndCommitAsync(host, "s4", "m1");
            await host.StageAsync(running.TaskId, "summarizing");
            CommitTask waiting = await SayAndCommitAsync(host, "s4", "m2");
            await host.StageAsync(waiting.TaskId, "waiting_turn");
            await host.KillAsync();

            (CommitTask Task, CommitTaskStatus Before, CommitTaskStatus After)[] expected =
            [
                (completed, CommitTaskStatus.Completed, CommitTaskStatus.Completed),
                (failed, CommitTaskStatus.Failed, CommitTaskStatus.Failed),
                (cancelled, CommitTaskStatus.Cancelled, CommitTaskStatus.Cancelled),
                (running, CommitTaskStatus.Running, CommitTaskStatus.Completed),
                (waiting, CommitTaskStatus.Running, CommitTaskStatus.Completed),
            ];
            using Host reader = await Host.StartAsync(cluster, container);
            IReadOnlyList<CommitTask> listed = await reader.Store.Tasks.ListAsync(Key.Owner, new CommitTaskQuery(), Cancelled);
            Assert.Equal(
                expected.Select(static e => (e.Task.TaskId, e.Before)).OrderBy(static e => e.TaskId, StringComparer.Ordinal),
                listed.Select(static t => (t.TaskId, t.Status)).OrderBy(static e => e.TaskId, StringComparer.Ordinal));
            using Host next = await Host.RunAsync(cluster, container);
            foreach ((CommitTask task, _, CommitTaskStatus after) in expected)
            {
                Assert.Equal(after, (await next.EndOfAsync(task.Session, task.TaskId)).Status);
            }

            Assert.Equal(5, (await next.EndAllAsync()).Count);
        });

    private static SessionOptions Failing { get; } = new()
    {
        Semantic = new SemanticPolicy { MaxAttempts = 2, FirstRetryInterval = TimeSpan.FromMilliseconds(10), FallBack = false },
    };

    private static async Task<CommitTask> SayAndCommitAsync(Host host, string session, string text)
    {
        var key = new SessionKey("acme", "ada", session);
        await host.AppendAsync(key, text);
        return await host.CommitAsync(key);
    }
}
