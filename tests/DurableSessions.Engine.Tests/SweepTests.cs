using Azure.Storage.Blobs.Models;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>Blobs and instances that a sweep cannot run, and what it does with the rest.</summary>
[Collection(nameof(Simulated))]
public sealed class SweepTests : EngineTest
{
    public SweepTests()
    {
        Orchestrator<int, int>("plain", (_, i) => Task.FromResult(i));
        Orchestrator<int, int>("timed", async (context, seconds) =>
        {
            await context.CreateTimer(TimeSpan.FromSeconds(seconds), CancellationToken.None);
            return seconds;
        });
    }

    protected override TimeSpan Longest => TimeSpan.FromMinutes(10);

    private static int Listings(RequestLog log) => log.CountOf("GET", "orchestrations/active/", "list");

    // Instances that wait for a timer in a year.
    private async Task SleepAsync(int instances)
    {
        EmbeddedHost first = await Hub.StartAsync(Registry);
        foreach (int i in Enumerable.Range(0, instances))
        {
            OrchestrationMetadata asleep = await first.Client.ScheduleNewOrchestrationInstanceAsync(
                "timed", 31_536_000, new StartOrchestrationOptions($"asleep-{i:D4}"));
            await first.Client.WaitForInstanceAsync(
                asleep.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Deadline);
        }

        await Task.Delay(TimeSpan.FromSeconds(30), Time, Deadline);
        await first.StopAsync();
    }

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

    [Fact]
    public Task However_many_wait_for_a_far_timer_a_sweep_lists_two_pages_and_all_come_in_turn() => RunAsync(async () =>
    {
        await SleepAsync(30);
        var options = new EngineOptions { Ownership = TimeSpan.FromSeconds(1), ListingPage = 3 };
        var log = new RequestLog();
        await using EmbeddedHost host = await Hub.StartAsync(Registry, options, log.Configure);
        await Task.Delay(TimeSpan.FromSeconds(1), Time, Deadline);

        // All at the start.
        Assert.Equal(10, Listings(log));
        EmbeddedHost never = await Hub.StartAsync(Registry, start: false);
        await never.Client.ScheduleNewOrchestrationInstanceAsync("plain", 7, new StartOrchestrationOptions("z-last"));
        log.Clear();
        int sweeps = 0;
        while (await HasActiveBlobAsync("z-last"))
        {
            Assert.InRange(++sweeps, 1, 7);
            await Task.Delay(options.SweepInterval, Time, Deadline);
            Assert.InRange(Listings(log), 1, 2 * sweeps);
        }

        // A timer of its own fires meanwhile when it is due.
        OrchestrationMetadata soon = await host.Client.ScheduleNewOrchestrationInstanceAsync("timed", 20);
        DateTimeOffset before = Time.GetUtcNow();
        await EndOf(host.Client, soon);
        Assert.InRange(Time.GetUtcNow() - before, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(21));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_host_that_takes_its_name_lists_all_at_once(bool isLate) => RunAsync(async () =>
    {
        await SleepAsync(30);
        var options = new EngineOptions { HostName = "one", ListingPage = 3 };
        var log = new RequestLog();
        var transport = new FaultTransport();
        transport.When(static r => r.Is("PUT", "orchestrations/hosts/one"), Fault.Respond(403, "Forbidden"), times: isLate ? 1 : 0);
        EmbeddedHost host = await Hub.StartAsync(
            Registry,
            options,
            o =>
            {
                transport.Configure(o);
                log.Configure(o);
            },
            started: false);
        await Task.Delay(TimeSpan.FromSeconds(1), Time, Deadline);
        log.Clear();
        await host.StartedAsync();
        await Task.Delay(TimeSpan.FromSeconds(1), Time, Deadline);
        Assert.Equal(10, Listings(log));
        await Task.Delay(options.SweepInterval, Time, Deadline);
        Assert.Equal(isLate ? 20 : 12, Listings(log));
        await host.StopAsync();
    });

    [Fact]
    public Task What_is_asked_for_while_all_are_listed_has_all_listed_once_more() => RunAsync(async () =>
    {
        await SleepAsync(12);
        var log = new RequestLog();
        var transport = new FaultTransport();
        var held = new HoldsRequest();
        transport.When(static r => r.Is("GET", "orchestrations/active/", "list"), held, skip: 2);
        EmbeddedHost host = await Hub.StartAsync(
            Registry,
            new EngineOptions { HostName = "one", ListingPage = 3 },
            o =>
            {
                transport.Configure(o);
                log.Configure(o);
            },
            started: false);
        await held.Arrived;
        await host.StartedAsync();
        await held.ReleaseAsync();
        await Task.Delay(TimeSpan.FromSeconds(1), Time, Deadline);
        Assert.Equal(4 + 4, Listings(log));
        await host.StopAsync();
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public Task A_page_that_fails_is_listed_again(int page) => RunAsync(async () =>
    {
        await SleepAsync(12);
        EmbeddedHost never = await Hub.StartAsync(Registry, start: false);
        await never.Client.ScheduleNewOrchestrationInstanceAsync("plain", 7, new StartOrchestrationOptions("z-last"));
        var transport = new FaultTransport();
        transport.When(static r => r.Is("GET", "orchestrations/active/", "list"), Fault.Respond(400, "InvalidInput"), skip: page - 1);
        var log = new RequestLog();
        await using EmbeddedHost host = await Hub.StartAsync(Registry, new EngineOptions { ListingPage = 3 }, options =>
        {
            transport.Configure(options);
            log.Configure(options);
        });

        // Five seconds after the failure, and whole: 13 instances have five pages, from the first: storage refused the token.
        for (int seconds = 0; await HasActiveBlobAsync("z-last"); seconds++)
        {
            Assert.InRange(seconds, 0, 7);
            await Task.Delay(TimeSpan.FromSeconds(1), Time, Deadline);
        }

        Assert.Equal(page + 5, Listings(log));
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
