using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>Hosts that give back their instances, though an activity or storage hinders them.</summary>
[Collection(nameof(Simulated))]
public sealed class StopTests : EngineTest
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    [Fact]
    public Task An_activity_that_throws_when_it_is_cancelled_keeps_no_place() => RunAsync(async () =>
    {
        var started = new TaskCompletionSource();
        Activity<int, int>("rude", async (i, context) =>
        {
            context.CancellationToken.Register(() => throw new InvalidOperationException("Not now."));
            started.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            return i;
        });
        Orchestrator<int, int>("cancelled", (context, i) => context.CallActivityAsync<int>("rude", i));
        Orchestrator<int, int>("next", (_, i) => Task.FromResult(i));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, new EngineOptions { MaxLoadedInstances = 1 });
        OrchestrationMetadata first = await host.Client.ScheduleNewOrchestrationInstanceAsync("cancelled", 1);
        await started.Task.WaitAsync(Deadline);
        await host.Client.TerminateInstanceAsync(first.InstanceId).WaitAsync(s_soon, Time, Deadline);
        await EndOf(host.Client, first).WaitAsync(s_soon, Time, Deadline);

        OrchestrationMetadata next = await host.Client.ScheduleNewOrchestrationInstanceAsync("next", 2);
        Assert.Equal("2", (await EndOf(host.Client, next).WaitAsync(s_soon, Time, Deadline)).SerializedOutput);
    });

    [Fact]
    public Task A_claim_that_crosses_a_stop_is_given_back() => RunAsync(async () =>
    {
        Orchestrator<int, int>("plain", (_, i) => Task.FromResult(i));
        var held = new HoldsRequest();
        var transport = new FaultTransport();
        transport.When(r => IsWriteOf(r, "active"), held);
        var longOwnership = new EngineOptions { Ownership = TimeSpan.FromMinutes(10), StopTimeout = TimeSpan.FromSeconds(20) };
        EmbeddedHost never = await Hub.StartAsync(Registry, start: false);
        OrchestrationMetadata instance = await never.Client.ScheduleNewOrchestrationInstanceAsync("plain", 7);
        EmbeddedHost first = await Hub.StartAsync(Registry, longOwnership, transport.Configure);
        await held.Arrived.WaitAsync(Deadline);
        Task stop = first.StopAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(300), Time, Deadline);
        Assert.Equal(201, await held.ReleaseAsync());
        await stop.WaitAsync(Deadline);
        await using EmbeddedHost second = await Hub.StartAsync(Registry, longOwnership);

        Assert.Equal("7", (await EndOf(second.Client, instance).WaitAsync(s_soon, Time, Deadline)).SerializedOutput);
    });

    [Fact]
    public Task A_stop_takes_no_longer_than_it_may_though_storage_answers_nothing() => RunAsync(async () =>
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Activity<int, int>("endless", async (i, context) =>
        {
            started.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, Time, context.CancellationToken);
            return i;
        });
        Orchestrator<int, int>("running", (context, i) => context.CallActivityAsync<int>("endless", i));
        var transport = new FaultTransport();
        var options = new EngineOptions { StopTimeout = TimeSpan.FromSeconds(7) };
        EmbeddedHost host = await Hub.StartAsync(Registry, options, transport.Configure);
        await host.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        await started.Task.WaitAsync(Deadline);
        transport.StopTheWorldAt(0);
        DateTimeOffset before = Time.GetUtcNow();
        await host.StopAsync().WaitAsync(s_soon, Time, Deadline);

        Assert.InRange(Time.GetUtcNow() - before, options.StopTimeout, options.StopTimeout + TimeSpan.FromSeconds(1));
        transport.FailHanging();
    });

    [Fact]
    public Task A_request_that_hangs_is_sent_again_long_before_the_instance_could_be_taken_over() => RunAsync(async () =>
    {
        int calls = 0;
        Activity<int, int>("count", (_, _) => Task.FromResult(Interlocked.Increment(ref calls)));
        Orchestrator<int, int>("counted", (context, i) => context.CallActivityAsync<int>("count", i));
        var held = new HoldsRequest();
        var transport = new FaultTransport();
        transport.When(r => IsWriteOf(r, "active"), held, skip: 1);
        await using EmbeddedHost host = await Hub.StartAsync(
            Registry,
            new EngineOptions { Ownership = TimeSpan.FromSeconds(9), SweepInterval = TimeSpan.FromMinutes(10) },
            transport.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("counted", 1);
        await held.Arrived.WaitAsync(Deadline);

        Assert.Equal("1", (await EndOf(host.Client, instance).WaitAsync(TimeSpan.FromSeconds(8), Time, Deadline)).SerializedOutput);
        Assert.Contains(await held.ReleaseAsync(), (int[])[404, 412]);
        Assert.Equal(1, calls);
    });
}
