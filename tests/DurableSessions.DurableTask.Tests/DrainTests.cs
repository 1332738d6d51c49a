using Azure.Storage.Blobs;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.DurableTask.Tests;

/// <summary>The server's command <c>drain</c> with <c>Engine=DurableTask</c>.</summary>
public class DrainTests(AzuriteFixture azurite)
{
    private protected virtual Task<DurableHub> NewHubAsync() => Task.FromResult(DurableHub.InMemory());

    [Fact]
    public async Task What_a_host_that_died_left_on_the_scheduler_is_carried_to_its_end()
    {
        var key = new SessionKey("a", "u", "s");
        BlobContainerClient container = await azurite.NewContainerAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await using DurableHub hub = await NewHubAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Member host = await Member.StartAsync(
            azurite, container, hub, (CommitNames.SemanticProcess, activity => new Doomed(activity, false, reached)));
        var old = new SessionKey("a", "u", "old");
        await host.Store.Sessions.AppendAsync(old, Words.Messages("o", 1), null, patience.Token);
        await host.Store.Sessions.DeleteAsync(old, patience.Token);
        OrchestrationMetadata deletion = Assert.Single(
            (await host.Host.Client.ListInstancesAsync(new OrchestrationQuery(), patience.Token)).Values);
        await host.Host.Client.WaitForInstanceAsync(deletion.InstanceId, static m => m.SerializedCustomStatus is not null, patience.Token);
        await host.Store.Sessions.AppendAsync(key, Words.Messages("m", 3), null, patience.Token);
        await host.Store.Commits.CommitAsync(key, new CommitRequest(), patience.Token);
        await reached.Task.WaitAsync(patience.Token);
        await host.Host.KillAsync();

        // The scheduler is away at first.
        int port = FreePort.Next();
        await using ServerProcess drain = await ServerProcess.StartProgramAsync(
            new Dictionary<string, string>
            {
                ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
                ["Storage__Container"] = container.Name,
                ["Engine"] = "DurableTask",
                ["ConnectionStrings__Scheduler"] = $"Endpoint=http://127.0.0.1:{port};Authentication=None;TaskHub=default",
            },
            [Path.Combine(AppContext.BaseDirectory, "DurableSessions.Server.dll"), "drain", "--wait", "60"],
            new Uri($"http://127.0.0.1:{port}"),
            "There is no answer, so what is left is not known.");
        await using Scheduler scheduler = await Scheduler.StartAsync(hub, port);
        int exitCode = await drain.WaitForExitAsync();

        Assert.True(exitCode == 0, drain.Output + drain.Errors);
        Assert.Contains("Drained. Waiting for their time: 1 delete-session ", drain.Output, StringComparison.Ordinal);
        Audit audit = await Audit.OfAsync(host.Store, key);
        Assert.Equal(ArchiveState.Covered, Assert.Single(audit.Archives).State);
        Assert.Equal(["m1", "m2", "m3"], audit.Everything);
    }
}

/// <summary>The same, on the provider of Azure Storage.</summary>
public sealed class AzureStorageDrainTests(AzuriteFixture azurite, WholeAzurite taskHubs) : DrainTests(azurite)
{
    private protected override Task<DurableHub> NewHubAsync() => DurableHub.OnAzureStorageAsync(taskHubs);
}
