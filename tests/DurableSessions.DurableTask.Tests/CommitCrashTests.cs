using Azure.Storage.Blobs;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.DurableTask.Tests;

/// <summary>A commit whose host dies around each of its steps.</summary>
public class CommitCrashTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(90);

    private protected virtual Task<DurableHub> NewHubAsync() => Task.FromResult(DurableHub.InMemory());

    public static TheoryData<string, bool> Steps()
    {
        var steps = new TheoryData<string, bool>();
        foreach (string step in (string[])
            [CommitNames.ArchiveToTemp, CommitNames.ClearLive, CommitNames.SemanticProcess, CommitNames.Switch])
        {
            steps.Add(step, false);
            steps.Add(step, true);
        }

        return steps;
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Another_host_carries_a_commit_to_its_end_whichever_step_killed_the_first(string step, bool after)
    {
        var key = new SessionKey("a", "u", "s");
        BlobContainerClient container = await azurite.NewContainerAsync();

        // Not before there is storage: in a fresh clone it is installed first.
        using var patience = new CancellationTokenSource(s_timeout);
        await using DurableHub hub = await NewHubAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Member first = await Member.StartAsync(
            azurite, container, hub, (step, activity => new Doomed(activity, after, reached)));
        await first.Store.Sessions.AppendAsync(key, Words.Messages("m", 5), null, patience.Token);
        Task<CommitAnswer> commit = first.Store.Commits.CommitAsync(key, new CommitRequest { KeepRecentCount = 2 }, CancellationToken.None);
        await reached.Task.WaitAsync(patience.Token);
        await first.Store.Sessions.AppendAsync(key, Words.Messages("n", 2), null, patience.Token);
        await first.Host.KillAsync();

        await using Member second = await Member.StartAsync(azurite, container, hub);
        OrchestrationMetadata instance = Assert.Single(
            (await second.Host.Client.ListInstancesAsync(new OrchestrationQuery(), patience.Token)).Values);
        await second.Host.Client.WaitForInstanceCompletionAsync(instance.InstanceId, patience.Token);
        CommitTask task = await second.Store.Tasks.GetAsync(key.Owner, instance.InstanceId, patience.Token);
        Audit audit = await Audit.OfAsync(second.Store, key);

        Assert.Equal(CommitTaskStatus.Completed, task.Status);
        Assert.Equal(["m1", "m2", "m3", "m4", "m5", "n1", "n2"], audit.Everything);
        bool wasCut = after || step != CommitNames.ArchiveToTemp;
        Assert.Equal(wasCut ? ["m1", "m2", "m3"] : ["m1", "m2", "m3", "m4", "m5"], Assert.Single(audit.Archives).Texts);
        Assert.Equal(ArchiveState.Covered, audit.Archives[0].State);
        await commit.ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(patience.Token);
    }

    // More hosts than a digest has attempts.
    [Fact]
    public async Task Hosts_that_die_in_a_digest_take_none_of_its_attempts()
    {
        const int Deaths = 4;
        var key = new SessionKey("a", "u", "s");
        BlobContainerClient container = await azurite.NewContainerAsync();

        // A death takes 8 s of it on Azure Storage, which gives the message of one that died out again after a delay.
        using var patience = new CancellationTokenSource(s_timeout);
        await using DurableHub hub = await NewHubAsync();
        for (int died = 0; died < Deaths; died++)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using Member host = await Member.StartAsync(
                azurite, container, hub, (CommitNames.SemanticProcess, activity => new Doomed(activity, false, reached)));
            if (died == 0)
            {
                await host.Store.Sessions.AppendAsync(key, Words.Messages("m", 5), null, patience.Token);
                await host.Store.Commits.CommitAsync(key, new CommitRequest(), patience.Token);
            }

            await reached.Task.WaitAsync(patience.Token);
            await host.Host.KillAsync();
        }

        await using Member last = await Member.StartAsync(azurite, container, hub);
        OrchestrationMetadata instance = Assert.Single(
            (await last.Host.Client.ListInstancesAsync(new OrchestrationQuery(), patience.Token)).Values);
        await last.Host.Client.WaitForInstanceCompletionAsync(instance.InstanceId, patience.Token);

        Assert.Equal(ArchiveState.Covered, Assert.Single((await Audit.OfAsync(last.Store, key)).Archives).State);
        Assert.DoesNotContain(
            (await last.Host.Client.GetHistoryAsync(instance.InstanceId, patience.Token))!, static e => e.EventType == "TaskFailed");
    }
}

/// <summary>The same, on the provider of Azure Storage.</summary>
public sealed class AzureStorageCommitCrashTests(AzuriteFixture azurite, WholeAzurite taskHubs) : CommitCrashTests(azurite)
{
    private protected override Task<DurableHub> NewHubAsync() => DurableHub.OnAzureStorageAsync(taskHubs);
}
