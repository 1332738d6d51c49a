using Azure.Storage.Blobs.Models;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Tests;

/// <summary>Blobs and instances that a sweep cannot run, and what it does with the rest.</summary>
[Collection(nameof(Simulated))]
public sealed class SweepTests : EngineTest
{
    public SweepTests() =>
        Orchestrator<int, int>("plain", (_, i) => Task.FromResult(i));

    [Theory]
    [InlineData("orchestrations/active/stray.json", null)]
    [InlineData("orchestrations/active/notes.txt", "Running")]
    [InlineData("orchestrations/active/unheard.json", "Unheard")]
    [InlineData("orchestrations/active/.json", "Running")]
    [InlineData("orchestrations/active/", null)]
    public Task A_blob_that_is_no_instance_stops_neither_sweep_nor_listing(string name, string? status) => RunAsync(async () =>
    {
        EmbeddedHost never = await Hub.StartAsync(Registry, start: false);
        OrchestrationMetadata instance = await never.Client.ScheduleNewOrchestrationInstanceAsync("plain", 7);
        Dictionary<string, string>? metadata = status is null
            ? null
            : new() { ["name"] = "plain", ["generation"] = "1", ["status"] = status };
        await Hub.Container.GetBlobClient(name).UploadAsync(BinaryData.FromString("odd"), new BlobUploadOptions { Metadata = metadata });

        OrchestrationPage page = await never.Client.ListInstancesAsync(new OrchestrationQuery());
        Assert.Equal([instance.InstanceId], page.Values.Select(m => m.InstanceId));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);
        Assert.Equal("7", (await EndOf(host.Client, instance).WaitAsync(TimeSpan.FromSeconds(20), Time, Deadline)).SerializedOutput);
    });

    [Fact]
    public Task A_timer_that_never_fires_stops_no_sweep() => RunAsync(async () =>
    {
        Orchestrator<int, int>("never", async (context, i) =>
        {
            await context.CreateTimer(DateTimeOffset.MaxValue, CancellationToken.None);
            return i;
        });
        await using EmbeddedHost first = await Hub.StartAsync(Registry);
        OrchestrationMetadata waiting = await first.Client.ScheduleNewOrchestrationInstanceAsync(
            "never", 1, new StartOrchestrationOptions("a-never"));
        await first.Client.WaitForInstanceAsync(waiting.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Deadline);

        // By then the host has given it back because it only waits; a host that stops earlier gives it back as due.
        await Task.Delay(TimeSpan.FromSeconds(30), Time, Deadline);
        await first.StopAsync();
        EmbeddedHost never = await Hub.StartAsync(Registry, start: false);
        OrchestrationMetadata instance = await never.Client.ScheduleNewOrchestrationInstanceAsync(
            "plain", 7, new StartOrchestrationOptions("b-plain"));

        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);

        // Read through the host that runs no instance: a read has its own host look at the instance without a listing.
        Assert.Equal("7", (await EndOf(never.Client, instance).WaitAsync(TimeSpan.FromSeconds(20), Time, Deadline)).SerializedOutput);
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await host.Client.GetInstanceAsync(waiting.InstanceId))!.RuntimeStatus);
    });

    [Theory]
    [InlineData("unheard-of")]
    [InlineData("unmakeable")]
    public Task What_no_host_can_run_can_be_terminated(string name) => RunAsync(async () =>
    {
        Registry.AddOrchestrator("unmakeable", () => throw new InvalidOperationException("Not on this host."));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync(name);
        await host.Client.TerminateInstanceAsync(instance.InstanceId, "hopeless");

        OrchestrationMetadata ended = await EndOf(host.Client, instance).WaitAsync(TimeSpan.FromSeconds(20), Time, Deadline);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, ended.RuntimeStatus);
        Assert.Equal("hopeless", ended.FailureDetails!.ErrorMessage);
        Assert.False(await HasActiveBlobAsync(instance.InstanceId));
    });
}
