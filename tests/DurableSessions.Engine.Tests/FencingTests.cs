using System.Collections.Concurrent;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>Two hosts that both take themselves for the owner of an instance.</summary>
[Collection(nameof(Simulated))]
public sealed class FencingTests : EngineTest
{
    private readonly ConcurrentQueue<Func<Task<string>>> _answers = new();

    public FencingTests()
    {
        Activity<int, string>(
            "scripted", (_, _) => _answers.TryDequeue(out Func<Task<string>>? answer) ? answer() : Task.FromResult("plain"));
        Orchestrator<int, string>("two", async (context, _) =>
            await context.CallActivityAsync<string>("scripted", 1) + " " + await context.CallActivityAsync<string>("scripted", 2));
    }

    [Fact]
    public Task A_host_that_lost_its_instance_records_nothing_any_more() => RunAsync(async () =>
    {
        var held = new HoldsRequest();
        var transport = new FaultTransport();
        transport.When(r => IsWriteOf(r, "active"), held, skip: 1);
        _answers.Enqueue(() => Task.FromResult("stale"));
        await using EmbeddedHost formerOwner = await Hub.StartAsync(
            Registry, ShortOwnership with { SweepInterval = TimeSpan.FromMinutes(5) }, transport.Configure);
        OrchestrationMetadata instance = await formerOwner.Client.ScheduleNewOrchestrationInstanceAsync("two");
        await held.Arrived.WaitAsync(Deadline);
        await using EmbeddedHost newOwner = await Hub.StartAsync(Registry, ShortOwnership);
        OrchestrationMetadata ended = await EndOf(newOwner.Client, instance);

        Assert.Equal("\"plain plain\"", ended.SerializedOutput);
        Assert.Contains(await held.ReleaseAsync(), (int[])[404, 412]);
        Assert.Equal(ended, await EndOf(formerOwner.Client, instance));
        Assert.False(await HasActiveBlobAsync(instance.InstanceId));
    });

    [Fact]
    public Task A_host_that_lost_its_instance_cannot_end_it() => RunAsync(async () =>
    {
        var held = new HoldsRequest();
        var transport = new FaultTransport();
        transport.When(r => IsWriteOf(r, "finished"), held);
        var second = new TaskCompletionSource<string>();
        var secondStarted = new TaskCompletionSource();
        _answers.Enqueue(() => Task.FromResult("first"));
        _answers.Enqueue(() => Task.FromResult("stale"));
        _answers.Enqueue(() =>
        {
            secondStarted.SetResult();
            return second.Task;
        });
        var log = new RequestLog();
        await using EmbeddedHost formerOwner = await Hub.StartAsync(
            Registry,
            new EngineOptions { Ownership = TimeSpan.FromSeconds(30), SweepInterval = TimeSpan.FromMinutes(5) },
            options =>
            {
                transport.Configure(options);
                log.Configure(options);
            });
        OrchestrationMetadata instance = await formerOwner.Client.ScheduleNewOrchestrationInstanceAsync("two");
        await held.Arrived.WaitAsync(Deadline);
        // For this host the ownership of other hosts has lapsed while their requests are still under way.
        await using EmbeddedHost newOwner = await Hub.StartAsync(
            Registry, ShortOwnership with { TrustsOwnClock = true }, time: new SkewedTime(Time, TimeSpan.FromMinutes(1)));
        await secondStarted.Task.WaitAsync(Deadline);

        Assert.Equal(201, await held.ReleaseAsync());
        await UntilAsync(() => log.Requests.Any(r => r is { Method: "DELETE", Status: 412 }));
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await newOwner.Client.GetInstanceAsync(instance.InstanceId))!.RuntimeStatus);
        Assert.False(await newOwner.Client.PurgeInstanceAsync(instance.InstanceId));
        second.SetResult("second");

        OrchestrationMetadata ended = await EndOf(newOwner.Client, instance);
        Assert.Equal("\"first second\"", ended.SerializedOutput);
        Assert.Equal(ended, await formerOwner.Client.GetInstanceAsync(instance.InstanceId));
    });

    [Fact]
    public Task An_event_that_crosses_the_end_is_recorded_and_the_end_stands() => RunAsync(async () =>
    {
        var held = new HoldsRequest();
        var transport = new FaultTransport();
        transport.When(r => r.Method == "DELETE", held);
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, configure: transport.Configure);
        await using EmbeddedHost other = await Hub.StartAsync(Registry);
        OrchestrationMetadata instance = await owner.Client.ScheduleNewOrchestrationInstanceAsync("two");
        await held.Arrived.WaitAsync(Deadline);
        Assert.True(await other.Client.RaiseEventAsync(instance.InstanceId, "go", 1));
        Assert.Equal(412, await held.ReleaseAsync());

        Assert.Equal("\"plain plain\"", (await EndOf(owner.Client, instance)).SerializedOutput);
        Assert.Contains((await other.Client.GetHistoryAsync(instance.InstanceId))!, e => e.EventType == "EventRaised");
        Assert.False(await other.Client.RaiseEventAsync(instance.InstanceId, "go", 1));
    });

    [Fact]
    public Task Hosts_that_claim_at_the_same_time_run_each_instance_once() => RunAsync(async () =>
    {
        const int Instances = 30;
        var runs = new ConcurrentDictionary<int, int>();
        Activity<int, int>("count", (i, _) => Task.FromResult(runs.AddOrUpdate(i, 1, static (_, n) => n + 1)));
        Orchestrator<int, int>("counted", (context, i) => context.CallActivityAsync<int>("count", i));
        EmbeddedHost never = await Hub.StartAsync(Registry, start: false);
        List<OrchestrationMetadata> instances = [];
        for (int i = 0; i < Instances; i++)
        {
            instances.Add(await never.Client.ScheduleNewOrchestrationInstanceAsync("counted", i));
        }

        await using EmbeddedHost one = await Hub.StartAsync(Registry);
        await using EmbeddedHost other = await Hub.StartAsync(Registry);
        foreach (OrchestrationMetadata instance in instances)
        {
            Assert.Equal("1", (await EndOf(one.Client, instance)).SerializedOutput);
        }

        Assert.Equal(Instances, runs.Count);
        Assert.All(runs.Values, n => Assert.Equal(1, n));
    });
}
