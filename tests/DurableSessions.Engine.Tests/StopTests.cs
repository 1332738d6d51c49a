using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>Hosts that give back their instances, though an activity or storage hinders them.</summary>
[Collection(nameof(Simulated))]
public sealed class StopTests : EngineTest
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    protected override TimeSpan Longest => TimeSpan.FromMinutes(20);

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
        var options = new EngineOptions { ActivityStopTimeout = TimeSpan.FromSeconds(4), StopTimeout = TimeSpan.FromSeconds(3) };
        TimeSpan longest = options.ActivityStopTimeout + options.StopTimeout;
        EmbeddedHost host = await Hub.StartAsync(Registry, options, transport.Configure);
        await host.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        await started.Task.WaitAsync(Deadline);
        transport.StopTheWorldAt(0);
        DateTimeOffset before = Time.GetUtcNow();
        await host.StopAsync().WaitAsync(s_soon, Time, Deadline);

        Assert.InRange(Time.GetUtcNow() - before, longest, longest + TimeSpan.FromSeconds(1));
        transport.FailHanging();
    });

    [Fact]
    public Task An_activity_that_runs_ends_and_is_not_called_again() => RunAsync(async () =>
    {
        int calls = 0;
        int next = 0;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Activity<int, int>("paid", async (i, context) =>
        {
            Interlocked.Increment(ref calls);
            started.SetResult();
            await Task.Delay(TimeSpan.FromSeconds(8), Time, context.CancellationToken);
            return i + 1;
        });
        Activity<int, int>("next", (i, _) => Task.FromResult(Interlocked.Increment(ref next) + i));
        Orchestrator<int, int>("running", async (context, i) =>
            await context.CallActivityAsync<int>("next", await context.CallActivityAsync<int>("paid", i)));
        EmbeddedHost first = await Hub.StartAsync(Registry);
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        await started.Task.WaitAsync(Deadline);
        await first.StopAsync().WaitAsync(s_soon, Time, Deadline);
        Assert.Equal((1, 0), (calls, next));

        await using EmbeddedHost second = await Hub.StartAsync(Registry);
        Assert.Equal("3", (await EndOf(second.Client, instance).WaitAsync(s_soon, Time, Deadline)).SerializedOutput);
        Assert.Equal((1, 1), (calls, next));
    });

    [Fact]
    public Task No_further_activity_begins_though_one_of_its_instance_runs() => RunAsync(async () =>
    {
        int next = 0;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Activity<int, int>("wait", async (seconds, context) =>
        {
            started.TrySetResult();
            await Task.Delay(TimeSpan.FromSeconds(seconds), Time, context.CancellationToken);
            return seconds;
        });
        Activity<int, int>("next", (i, _) => Task.FromResult(Interlocked.Increment(ref next) + i));
        Orchestrator<int, int>("running", async (context, _) =>
        {
            Task<int> paid = context.CallActivityAsync<int>("wait", 8);
            int sum = await context.CallActivityAsync<int>("next", await context.CallActivityAsync<int>("wait", 4));
            return sum + await paid;
        });
        EmbeddedHost first = await Hub.StartAsync(Registry);
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        await started.Task.WaitAsync(Deadline);
        await first.StopAsync().WaitAsync(s_soon, Time, Deadline);
        Assert.Equal(0, next);

        await using EmbeddedHost second = await Hub.StartAsync(Registry);
        Assert.Equal("13", (await EndOf(second.Client, instance).WaitAsync(s_soon, Time, Deadline)).SerializedOutput);
        Assert.Equal(1, next);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task An_activity_that_takes_too_long_is_cancelled_and_goes_on_elsewhere(bool byHost) => RunAsync(async () =>
    {
        RunEndlessly();
        var options = new EngineOptions { Ownership = TimeSpan.FromMinutes(10), ActivityStopTimeout = TimeSpan.FromMinutes(1) };
        EmbeddedHost first = await Hub.StartAsync(Registry, options);
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        await _started.Task.WaitAsync(Deadline);
        DateTimeOffset before = Time.GetUtcNow();

        // A host has a time of its own for all that it stops.
        using var host = new CancellationTokenSource(byHost ? TimeSpan.FromSeconds(5) : TimeSpan.FromMinutes(5), Time);
        await first.StopAsync(host.Token).WaitAsync(TimeSpan.FromMinutes(2), Time, Deadline);
        Assert.InRange(
            Time.GetUtcNow() - before, TimeSpan.FromSeconds(byHost ? 5 : 60), TimeSpan.FromSeconds(byHost ? 7 : 62));

        await using EmbeddedHost second = await Hub.StartAsync(Registry, options);
        Assert.Equal("1", (await EndOf(second.Client, instance).WaitAsync(s_soon, Time, Deadline)).SerializedOutput);
        Assert.Equal(2, _calls);
    });

    [Fact]
    public Task What_only_waits_is_given_back_at_once_though_an_activity_runs() => RunAsync(async () =>
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Activity<int, int>("endless", async (i, context) =>
        {
            started.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, Time, context.CancellationToken);
            return i;
        });
        Orchestrator<int, int>("running", (context, i) => context.CallActivityAsync<int>("endless", i));
        Orchestrator<int, int>("ticking", async (context, i) =>
        {
            await context.CreateTimer(TimeSpan.FromSeconds(3), CancellationToken.None);
            return i;
        });
        var options = new EngineOptions { Ownership = TimeSpan.FromMinutes(10), ActivityStopTimeout = TimeSpan.FromMinutes(1) };
        EmbeddedHost first = await Hub.StartAsync(Registry, options);
        await using EmbeddedHost second = await Hub.StartAsync(Registry, options with { MaxLoadedInstances = 1 });
        await first.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        OrchestrationMetadata ticking = await first.Client.ScheduleNewOrchestrationInstanceAsync("ticking", 2);
        await started.Task.WaitAsync(Deadline);
        Task stop = first.StopAsync();
        Assert.Equal("2", (await EndOf(second.Client, ticking).WaitAsync(TimeSpan.FromSeconds(8), Time, Deadline)).SerializedOutput);
        Assert.False(stop.IsCompleted);
        await stop;
    });

    [Fact]
    public Task A_host_that_runs_goes_on_within_two_seconds() => RunAsync(async () =>
    {
        RunEndlessly();
        var options = new EngineOptions { ActivityStopTimeout = TimeSpan.FromSeconds(1) };
        EmbeddedHost first = await Hub.StartAsync(Registry, options);
        var log = new RequestLog();
        await using EmbeddedHost second = await Hub.StartAsync(Registry, options, log.Configure);
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        await _started.Task.WaitAsync(Deadline);

        // It has seen that the other one owns an instance.
        await Task.Delay(options.SweepInterval + TimeSpan.FromSeconds(1), Time, Deadline);
        await first.StopAsync().WaitAsync(s_soon, Time, Deadline);
        await Task.Delay(TimeSpan.FromSeconds(2), Time, Deadline);
        Assert.Equal(2, _calls);
        Assert.Equal("1", (await EndOf(second.Client, instance).WaitAsync(s_soon, Time, Deadline)).SerializedOutput);

        // Ten minutes after it has seen one last it looks no more.
        await Task.Delay(TimeSpan.FromMinutes(11), Time, Deadline);
        log.Clear();
        await Task.Delay(options.SweepInterval, Time, Deadline);
        Assert.Equal(0, log.CountOf("HEAD", "orchestrations/hosts/handover"));
    });

    [Fact]
    public Task A_look_that_fails_costs_a_request_a_minute_and_no_listing() => RunAsync(async () =>
    {
        Activity<int, int>("long", async (i, context) =>
        {
            await Task.Delay(TimeSpan.FromMinutes(5), Time, context.CancellationToken);
            return i;
        });
        Orchestrator<int, int>("running", (context, i) => context.CallActivityAsync<int>("long", i));
        var options = new EngineOptions { ActivityStopTimeout = TimeSpan.Zero };
        var transport = new FaultTransport();
        var log = new RequestLog();
        transport.When(
            static r => r.Is("HEAD", "orchestrations/hosts/handover"), Fault.Respond(403, "Forbidden"), times: int.MaxValue);
        await using EmbeddedHost first = await Hub.StartAsync(Registry, options);
        await first.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        await using EmbeddedHost second = await Hub.StartAsync(Registry, options, o =>
        {
            transport.Configure(o);
            log.Configure(o);
        });
        await Task.Delay(TimeSpan.FromMinutes(4), Time, Deadline);
        Assert.InRange(log.CountOf("HEAD", "orchestrations/hosts/handover"), 3, 5);
        Assert.InRange(log.CountOf("GET", "orchestrations/active/", "list"), 8, 9);
    });

    [Theory]
    [InlineData("event", false)]
    [InlineData("event", true)]
    [InlineData("schedule", false)]
    [InlineData("timer", false)]
    public Task What_comes_while_a_host_stops_goes_on_at_another_one(string kind, bool isRefusedOnce) => RunAsync(async () =>
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Activity<int, int>("long", async (i, context) =>
        {
            started.TrySetResult();
            await Task.Delay(TimeSpan.FromSeconds(15), Time, context.CancellationToken);
            return i;
        });
        Orchestrator<int, int>("running", (context, i) => context.CallActivityAsync<int>("long", i));
        Orchestrator<int, int>("waiting", async (context, i) => i + await context.WaitForExternalEvent<int>("go"));
        Orchestrator<int, int>("plain", (_, i) => Task.FromResult(i));
        Orchestrator<int, int>("ticking", async (context, i) =>
        {
            await context.CreateTimer(TimeSpan.FromSeconds(4), CancellationToken.None);
            return i;
        });
        var options = new EngineOptions { ActivityStopTimeout = TimeSpan.FromSeconds(50) };
        var transport = new FaultTransport();
        transport.When(
            static r => r.Is("PUT", "orchestrations/hosts/handover"), Fault.Respond(403, "Forbidden"), times: isRefusedOnce ? 1 : 0);
        EmbeddedHost first = await Hub.StartAsync(Registry, options, transport.Configure);
        OrchestrationMetadata waiting = await first.Client.ScheduleNewOrchestrationInstanceAsync("waiting", 1);
        await using EmbeddedHost second = await Hub.StartAsync(Registry, options);
        await Task.Delay(options.SweepInterval, Time, Deadline);
        await first.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        await started.Task.WaitAsync(Deadline);
        await Task.Delay(TimeSpan.FromSeconds(5), Time, Deadline);
        string id = kind == "timer"
            ? (await first.Client.ScheduleNewOrchestrationInstanceAsync("ticking", 3)).InstanceId
            : waiting.InstanceId;
        Task stop = first.StopAsync();
        if (kind == "event")
        {
            await first.Client.RaiseEventAsync(id, "go", 2, Deadline);
        }
        else if (kind == "schedule")
        {
            id = (await first.Client.ScheduleNewOrchestrationInstanceAsync("plain", 3)).InstanceId;
        }

        await Task.Delay(TimeSpan.FromSeconds(kind == "timer" ? 6 : 3), Time, Deadline);
        Assert.False(await HasActiveBlobAsync(id));
        await stop;
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Where_storage_does_not_take_what_it_tells_the_next_sweep_finds_it(bool answers) => RunAsync(async () =>
    {
        RunEndlessly();
        var options = new EngineOptions { ActivityStopTimeout = TimeSpan.FromSeconds(1) };
        var transport = new FaultTransport();
        transport.When(
            static r => r.Is("PUT", "orchestrations/hosts/handover"),
            answers ? Fault.Respond(500, "InternalError") : Fault.NeverAnswer,
            times: int.MaxValue);
        EmbeddedHost first = await Hub.StartAsync(Registry, options, transport.Configure);
        await using EmbeddedHost second = await Hub.StartAsync(Registry, options);
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        await _started.Task.WaitAsync(Deadline);

        // It has seen that the other one owns an instance, and looks.
        await Task.Delay(TimeSpan.FromSeconds(5), Time, Deadline);
        DateTimeOffset before = Time.GetUtcNow();
        await first.StopAsync().WaitAsync(s_soon, Time, Deadline);
        Assert.InRange(Time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        Assert.Equal(1, _calls);
        await Task.Delay(options.SweepInterval + TimeSpan.FromSeconds(1), Time, Deadline);
        Assert.Equal("1", (await EndOf(second.Client, instance).WaitAsync(s_soon, Time, Deadline)).SerializedOutput);
    });

    [Fact]
    public Task Storage_that_fails_for_minutes_costs_no_activity_that_runs() => RunAsync(async () =>
    {
        int calls = 0;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Activity<int, int>("paid", async (i, context) =>
        {
            Interlocked.Increment(ref calls);
            started.SetResult();
            await Task.Delay(TimeSpan.FromMinutes(3), Time, context.CancellationToken);
            return i;
        });
        Orchestrator<int, int>("running", (context, i) => context.CallActivityAsync<int>("paid", i));
        var transport = new FaultTransport();
        bool isDown = false;
        DateTimeOffset before = Time.GetUtcNow();
        transport.When(_ => Volatile.Read(ref isDown), Fault.Respond(503, "ServerBusy"), times: int.MaxValue);
        await using EmbeddedHost host = await Hub.StartAsync(Registry, new EngineOptions(), transport.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("running", 1);
        await started.Task.WaitAsync(Deadline);
        Volatile.Write(ref isDown, true);

        // A client does not wait for as long as the owner: its message may come to be recorded.
        await Assert.ThrowsAsync<TimeoutException>(
            () => host.Client.RaiseEventAsync(instance.InstanceId, "go", 1, Deadline).WaitAsync(s_soon + s_soon, Time, Deadline));
        Assert.InRange(Time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(21));
        await Task.Delay(TimeSpan.FromMinutes(4), Time, Deadline);
        Volatile.Write(ref isDown, false);
        Assert.Equal("1", (await EndOf(host.Client, instance).WaitAsync(TimeSpan.FromMinutes(1), Time, Deadline)).SerializedOutput);
        Assert.Equal(1, calls);
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

    // An orchestrator whose one activity does not end where it is called first: that has begun with _started.
    private void RunEndlessly()
    {
        Activity<int, int>("endless", async (i, context) =>
        {
            if (Interlocked.Increment(ref _calls) == 1)
            {
                _started.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, Time, context.CancellationToken);
            }

            return i;
        });
        Orchestrator<int, int>("running", (context, i) => context.CallActivityAsync<int>("endless", i));
    }
}
