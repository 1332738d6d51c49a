using DurableSessions.Core.Appending;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Incidents;

/// <summary>Messages that were lost or archived twice elsewhere. Each test is named by the numbers of public reports.</summary>
[Collection(nameof(Simulated))]
public sealed class LostAndDoubledTests
{
    private static readonly SessionKey Key = EveryRequest.Key;
    private static readonly string[] Said = EveryRequest.Said;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Reports_580_585_1487_after_a_reload_nothing_is_committed_again_and_nothing_overwritten(bool commitsAgain) =>
        EveryRequest.DieAsync(async (cluster, container) =>
        {
            using Host reloaded = await Host.RunAsync(cluster, container);
            bool wasCleared = (await reloaded.Store.Sessions.GetAsync(Key, false, Cancelled)).CommitCount > 0;
            await reloaded.AppendAsync(Key, "added meanwhile");
            if (commitsAgain)
            {
                // Skipped, where the recovered one was not yet cut and has taken what was added too.
                await reloaded.Store.Commits.CommitAsync(Key, new CommitRequest(), Cancelled);
            }

            await reloaded.EndAllAsync();
            Audit audit = await reloaded.AuditAsync(Key);
            Assert.Equal([.. Said, "added meanwhile"], audit.Everything);
            string[] archived = [.. audit.Archives.SelectMany(static a => a.Texts)];
            Assert.Equal(archived.Distinct(), archived);
            Assert.Equal(5 - archived.Length, audit.Info.MessageCount);
            if (commitsAgain)
            {
                Assert.Equal(5, archived.Length);
            }
            else if (wasCleared)
            {
                Assert.Equal(["added meanwhile"], audit.Context);
            }
        });

    [Fact]
    public Task Report_580_no_client_sees_completed_before_the_switch() => Simulated.RunInManyOrdersAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        using Host poller = await Host.StartAsync(cluster, container);
        await host.AppendAsync(Key, Said);

        // Cut, clear, switch.
        var switching = new HoldsRequest();
        host.Faults.When(static r => r.Is("PUT", "manifests/"), switching, skip: 2);
        CommitTask task = await host.CommitAsync(Key);
        await switching.Arrived;
        CommitTask seen = await poller.Store.Tasks.GetAsync(new UserKey("acme", "ada"), task.TaskId, Cancelled);
        Assert.Equal((CommitTaskStatus.Running, CommitStage.Switch), (seen.Status, seen.Stage));
        Assert.Equal(ArchiveState.Pending, Assert.Single((await poller.AuditAsync(Key)).Archives).State);

        await switching.ReleaseAsync();
        while (!seen.IsOver)
        {
            seen = await poller.Store.Tasks.GetAsync(new UserKey("acme", "ada"), task.TaskId, Cancelled);
        }

        Assert.Equal(CommitTaskStatus.Completed, seen.Status);
        using Host fresh = await Host.StartAsync(cluster, container);
        Audit audit = await fresh.AuditAsync(Key);
        Assert.Equal(Said, Assert.Single(audit.Archives).Texts);
        Assert.Equal(ArchiveState.Covered, audit.Archives[0].State);
        Assert.Equal(0, audit.Info.MessageCount);
        Assert.Empty(audit.Context);
    });

    [Fact]
    public Task Report_900_a_crash_between_two_steps_loses_nothing_even_before_the_recovery() =>
        EveryRequest.DieAsync(async (cluster, container) =>
        {
            using Host reader = await Host.StartAsync(cluster, container);
            Assert.Equal(Said, (await reader.AuditAsync(Key)).Everything);
        });

    [Fact]
    public Task A_file_torn_by_a_crash_fails_no_route_of_the_session() =>
        EveryRequest.DieAsync(async (cluster, container) =>
        {
            using Host host = await Host.StartAsync(cluster, container);
            await host.Store.Sessions.GetAsync(Key, false, Cancelled);
            await host.Store.Sessions.ReadContextAsync(Key, 1000, Cancelled);
            foreach (ArchiveInfo archive in await host.Store.Archives.ListAsync(Key, 100, null, Cancelled))
            {
                await (await host.Store.Archives.GetAsync(Key, archive.Number, Cancelled)).Messages.CountAsync(Cancelled);
            }

            foreach (CommitTask task in await host.Store.Tasks.ListAsync(new UserKey("acme", "ada"), new CommitTaskQuery(), Cancelled))
            {
                await host.Store.Tasks.GetAsync(new UserKey("acme", "ada"), task.TaskId, Cancelled);
            }

            await host.Store.Sessions.ListAsync(new UserKey("acme", "ada"), 10, null, Cancelled);
            await host.AppendAsync(Key, "goes on");
            Assert.Equal([.. Said, "goes on"], (await host.AuditAsync(Key)).Everything);
        });

    [Fact]
    public Task Report_2772_appends_on_another_host_at_every_request_of_a_commit_are_kept_in_order() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        using Host other = await Host.RunAsync(cluster, container);
        await host.AppendAsync(Key, Said);
        await other.AppendAsync(Key, "known to the other");
        List<string> expected = [.. Said, "known to the other"];
        HoldsRequest[] every = [.. Enumerable.Range(0, 200).Select(static _ => new HoldsRequest())];
        foreach (HoldsRequest held in every)
        {
            host.Faults.When(static _ => true, held);
        }

        Task<CommitTask> commit = host.CommitToEndAsync(Key);
        int appends = 0;
        foreach (HoldsRequest held in every)
        {
            if (await Task.WhenAny(commit, held.Arrived) == commit)
            {
                break;
            }

            expected.Add($"a{++appends}");
            await other.AppendAsync(Key, expected[^1]);
            await held.ReleaseAsync();
        }

        Assert.InRange(appends, 10, 190);
        Assert.Equal(CommitTaskStatus.Completed, (await commit).Status);
        using Host fresh = await Host.StartAsync(cluster, container);
        Audit audit = await fresh.AuditAsync(Key);
        Assert.Equal(expected, audit.Everything);
        Assert.True(audit.Archives[0].Texts.Count >= 5);
        Assert.NotEmpty(audit.Context);
    });

    [Fact]
    public Task Reports_4729_4621_the_same_key_after_a_lost_answer_to_a_commit_is_the_same_commit() =>
        EveryRequest.DieAsync(
            async (cluster, container) =>
            {
                using Host host = await Host.RunAsync(cluster, container);
                CommitTask first = await host.CommitAsync(Key, idempotencyKey: Words.Key("commit"));
                CommitTask again = await host.CommitAsync(Key, idempotencyKey: Words.Key("commit"));
                Assert.Equal(first.TaskId, again.TaskId);
                await host.EndAllAsync();
                CommitTask after = await host.CommitAsync(Key, idempotencyKey: Words.Key("commit"));
                Assert.Equal((first.TaskId, 1), (after.TaskId, after.ArchiveNumber));
                Audit audit = await host.AuditAsync(Key);
                Assert.Equal(first.TaskId, Assert.Single(audit.Archives).TaskId);
                Assert.Equal(Said, audit.Everything);
            },
            key: Words.Key("commit"));

    [Fact]
    public Task Reports_4729_4621_the_same_key_after_a_lost_answer_to_an_append_stores_one_message() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        using Host other = await Host.RunAsync(cluster, container);
        await host.AppendAsync(Key, Said);
        host.Faults.StopTheWorldAt(host.Faults.Requests + 1, carriesOutTheLast: true);
        Task lost = host.AppendAsync(Key, Words.Key("append"), "once");
        await host.Faults.Stopped.WaitAsync(TimeSpan.FromSeconds(30), cluster.Time, Cancelled);
        AppendResult retried = await other.AppendAsync(Key, Words.Key("append"), "once");
        await other.CommitToEndAsync(Key);
        AppendResult again = await other.AppendAsync(Key, Words.Key("append"), "once");
        Assert.False(lost.IsCompletedSuccessfully);
        Assert.Equal(retried.MessageIds, again.MessageIds);
        Assert.Equal([.. Said, "once"], (await other.AuditAsync(Key)).Everything);
    });
}
