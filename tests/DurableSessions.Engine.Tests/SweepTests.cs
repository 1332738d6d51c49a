using Azure.Storage.Blobs.Models;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>What a host finds that it did not put there.</summary>
public sealed class SweepTests : EngineTest
{
    public SweepTests(AzuriteFixture azurite)
        : base(azurite) =>
        Orchestrator<int, int>("plain", (_, i) => Task.FromResult(i));

    [Theory]
    [InlineData("orchestrations/active/stray.json", null)]
    [InlineData("orchestrations/active/notes.txt", "Running")]
    [InlineData("orchestrations/active/unheard.json", "Unheard")]
    [InlineData("orchestrations/active/.json", "Running")]
    [InlineData("orchestrations/active/", null)]
    public async Task A_blob_that_is_no_instance_stops_neither_sweep_nor_listing(string name, string? status)
    {
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        EmbeddedHost never = await hub.StartAsync(Registry, start: false);
        OrchestrationMetadata instance = await never.Client.ScheduleNewOrchestrationInstanceAsync("plain", 7);
        Dictionary<string, string>? metadata = status is null ? null : new() { ["name"] = "plain", ["generation"] = "1", ["status"] = status };
        await hub.Container.GetBlobClient(name).UploadAsync(BinaryData.FromString("odd"), new BlobUploadOptions { Metadata = metadata });

        OrchestrationPage page = await never.Client.ListInstancesAsync(new OrchestrationQuery());
        Assert.Equal([instance.InstanceId], page.Values.Select(m => m.InstanceId));
        await using EmbeddedHost host = await hub.StartAsync(Registry, Impatient);
        Assert.Equal("7", (await EndOf(host.Client, instance).WaitAsync(TimeSpan.FromSeconds(20), Patience)).SerializedOutput);
    }

    [Fact]
    public async Task A_timer_that_never_fires_stops_no_sweep()
    {
        Orchestrator<int, int>("never", async (context, i) =>
        {
            await context.CreateTimer(DateTimeOffset.MaxValue, CancellationToken.None);
            return i;
        });
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        await using EmbeddedHost first = await hub.StartAsync(Registry);
        OrchestrationMetadata waiting = await first.Client.ScheduleNewOrchestrationInstanceAsync(
            "never", 1, new StartOrchestrationOptions("a-never"));
        await first.Client.WaitForInstanceAsync(waiting.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Patience);
        await first.StopAsync();
        EmbeddedHost never = await hub.StartAsync(Registry, start: false);
        OrchestrationMetadata instance = await never.Client.ScheduleNewOrchestrationInstanceAsync("plain", 7, new StartOrchestrationOptions("b-plain"));

        await using EmbeddedHost host = await hub.StartAsync(Registry, Impatient);
        Assert.Equal("7", (await EndOf(host.Client, instance).WaitAsync(TimeSpan.FromSeconds(20), Patience)).SerializedOutput);
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await host.Client.GetInstanceAsync(waiting.InstanceId))!.RuntimeStatus);
    }

    [Theory]
    [InlineData("unheard-of")]
    [InlineData("unmakeable")]
    public async Task What_no_host_can_run_can_be_terminated(string name)
    {
        Registry.AddOrchestrator("unmakeable", () => throw new InvalidOperationException("Not on this host."));
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        await using EmbeddedHost host = await hub.StartAsync(Registry, Impatient);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync(name);
        await host.Client.TerminateInstanceAsync(instance.InstanceId, "hopeless");

        OrchestrationMetadata ended = await EndOf(host.Client, instance).WaitAsync(TimeSpan.FromSeconds(20), Patience);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, ended.RuntimeStatus);
        Assert.Equal("hopeless", ended.FailureDetails!.ErrorMessage);
        Assert.False(await HasActiveBlobAsync(hub, instance.InstanceId));
    }
}
