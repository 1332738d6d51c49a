using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

[Collection(nameof(Simulated))]
public sealed class RequestBudgetTests : EngineTest
{
    private readonly RequestLog _log = new();

    [Fact]
    public Task Four_activities_cost_six_requests_from_schedule_to_end() => RunAsync(async () =>
    {
        var watched = new TaskCompletionSource();
        Activity<int, int>("step", async (i, _) =>
        {
            await watched.Task;
            return i + 1;
        });
        Orchestrator<int, int>("four", async (context, i) =>
        {
            for (int step = 0; step < 4; step++)
            {
                i = await context.CallActivityAsync<int>("step", i);
            }

            return i;
        });
        await using EmbeddedHost host = await Hub.StartAsync(Registry, configure: _log.Configure);
        await UntilAsync(() => _log.Requests.Any(r => r.Status == 200));
        _log.Clear();

        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "four", 0, new StartOrchestrationOptions(Guid.NewGuid().ToString("N")) { IsFreshId = true });
        Task<OrchestrationMetadata> end = EndOf(host.Client, instance);
        watched.SetResult();

        Assert.Equal("4", (await end).SerializedOutput);
        Assert.True(_log.Count <= 6, _log.ToString());
        Assert.False(await HasActiveBlobAsync(instance.InstanceId));
    });

    [Fact]
    public Task Results_that_arrive_together_share_a_checkpoint() => RunAsync(async () =>
    {
        const int Width = 50;
        int arrived = 0;
        var all = new TaskCompletionSource();
        Activity<int, int>("meet", async (i, _) =>
        {
            if (Interlocked.Increment(ref arrived) == Width)
            {
                all.SetResult();
            }

            await all.Task;
            return i;
        });
        Orchestrator<object?, int>("wide", async (context, _) =>
            (await Task.WhenAll(Enumerable.Range(0, Width).Select(i => context.CallActivityAsync<int>("meet", i)))).Sum());
        await using EmbeddedHost host = await Hub.StartAsync(
            Registry, new EngineOptions { MaxConcurrentActivities = Width }, configure: _log.Configure);
        OrchestrationMetadata ended = await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync("wide"));

        Assert.Equal("1225", ended.SerializedOutput);
        Assert.InRange(_log.Requests.Count(r => IsWriteOf(r, "active")), 2, 25);
    });

    [Fact]
    public Task Waiting_for_an_instance_of_this_host_asks_storage_nothing() => RunAsync(async () =>
    {
        var gate = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        Activity<object?, int>("gate", async (_, _) =>
        {
            started.SetResult();
            await gate.Task;
            return 1;
        });
        Orchestrator<object?, int>("gated", (context, _) => context.CallActivityAsync<int>("gate"));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, configure: _log.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("gated");
        await started.Task.WaitAsync(Deadline);
        await UntilAsync(() => _log.CountOf("GET", "orchestrations/active/", "list") == 1);
        _log.Clear();

        Task<OrchestrationMetadata> end = EndOf(host.Client, instance);
        await Task.Delay(TimeSpan.FromSeconds(1), Time, Deadline);
        Assert.Empty(_log.Requests);
        gate.SetResult();
        await end;
    });

    [Fact]
    public Task An_idle_host_lists_once_in_thirty_seconds_and_asks_nothing_else() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, configure: _log.Configure);

        for (int listings = 1; listings <= 3; listings++)
        {
            await UntilAsync(() => _log.Requests.Count(r => r.Status is not null) == listings);
            await Task.Delay(TimeSpan.FromSeconds(29), Time, Deadline);
            Assert.Equal(listings, _log.Count);
        }

        Assert.All(_log.Requests, r => Assert.Equal("list", r.Comp));
    });

    [Fact]
    public Task An_instance_that_waits_costs_nothing() => RunAsync(async () =>
    {
        Orchestrator<object?, string>("wait", (context, _) => context.WaitForExternalEvent<string>("go"));
        await using EmbeddedHost host = await Hub.StartAsync(
            Registry, ShortOwnership with { SweepInterval = TimeSpan.FromMinutes(1) }, _log.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("wait");
        await host.Client.WaitForInstanceAsync(instance.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Deadline);
        await UntilAsync(() => _log.CountOf("GET", "orchestrations/active/", "list") == 1);
        _log.Clear();

        await Task.Delay(ShortOwnership.Ownership * 1.5, Time, Deadline);
        Assert.Empty(_log.Requests);
    });

    [Fact]
    public Task What_was_asked_about_while_it_ran_here_is_not_looked_at_after_its_end() => RunAsync(async () =>
    {
        (TaskCompletionSource started, TaskCompletionSource gate) = Gated();
        await using EmbeddedHost host = await Hub.StartAsync(Registry, configure: _log.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("gated");
        await started.Task.WaitAsync(Deadline);
        Assert.False((await host.Client.GetInstanceAsync(instance.InstanceId, Deadline))!.IsCompleted);
        gate.SetResult();
        await EndOf(host.Client, instance);

        Assert.All(await RequestsOfTheNextMinuteAsync(), static r => Assert.Equal("list", r.Comp));
    });

    [Fact]
    public Task What_was_woken_before_its_timer_is_not_looked_at_when_that_would_have_fired() => RunAsync(async () =>
    {
        Orchestrator<object?, bool>("doze", async (context, _) =>
        {
            await Task.WhenAny(
                context.WaitForExternalEvent<string>("wake"), context.CreateTimer(TimeSpan.FromSeconds(20), CancellationToken.None));
            return true;
        });
        await using EmbeddedHost host = await Hub.StartAsync(Registry, configure: _log.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("doze");
        await host.Client.WaitForInstanceAsync(instance.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Deadline);
        await host.Client.RaiseEventAsync(instance.InstanceId, "wake", "now", Deadline);
        await EndOf(host.Client, instance);

        Assert.All(await RequestsOfTheNextMinuteAsync(), static r => Assert.Equal("list", r.Comp));
    });

    [Fact]
    public Task What_another_host_has_ended_is_not_looked_at_once_that_was_seen() => RunAsync(async () =>
    {
        (TaskCompletionSource started, TaskCompletionSource gate) = Gated();
        await using EmbeddedHost other = await Hub.StartAsync(Registry, configure: _log.Configure);
        await using EmbeddedHost owner = await Hub.StartAsync(Registry);
        await UntilAsync(() => _log.Requests.Any(r => r.Status == 200));
        OrchestrationMetadata instance = await owner.Client.ScheduleNewOrchestrationInstanceAsync("gated");
        await started.Task.WaitAsync(Deadline);
        Assert.False((await other.Client.GetInstanceAsync(instance.InstanceId, Deadline))!.IsCompleted);
        gate.SetResult();
        await EndOf(owner.Client, instance);
        Assert.True((await other.Client.GetInstanceAsync(instance.InstanceId, Deadline))!.IsCompleted);

        Assert.DoesNotContain(
            await RequestsOfTheNextMinuteAsync(), r => r.Blob.Contains(instance.InstanceId, StringComparison.Ordinal));
    });

    [Fact]
    public Task A_long_activity_keeps_its_instance_by_renewing() => RunAsync(async () =>
    {
        int calls = 0;
        EngineOptions options = ShortOwnership with { Ownership = TimeSpan.FromSeconds(3), SweepInterval = TimeSpan.FromSeconds(1) };
        Activity<object?, int>("long", async (_, context) =>
        {
            await Task.Delay(options.Ownership * 3, Time, context.CancellationToken);
            return Interlocked.Increment(ref calls);
        });
        Orchestrator<object?, int>("patient", (context, _) => context.CallActivityAsync<int>("long"));
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, options);
        await using EmbeddedHost other = await Hub.StartAsync(Registry, options);

        OrchestrationMetadata ended = await EndOf(other.Client, await owner.Client.ScheduleNewOrchestrationInstanceAsync("patient"));

        Assert.Equal("1", ended.SerializedOutput);
        Assert.Equal(1, calls);
    });

    private (TaskCompletionSource Started, TaskCompletionSource Gate) Gated()
    {
        var started = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        Activity<object?, int>("gate", async (_, _) =>
        {
            started.SetResult();
            await gate.Task;
            return 1;
        });
        Orchestrator<object?, int>("gated", (context, _) => context.CallActivityAsync<int>("gate"));
        return (started, gate);
    }

    // A host looks at the instances that are due at a listing before its next listing: after two it has looked at all. Without what hosts
    // that are not alone say of themselves; where one of these is idle for long, it may be dead, and one more listing shows what it had.
    private async Task<IReadOnlyList<StorageRequest>> RequestsOfTheNextMinuteAsync()
    {
        await UntilAsync(() =>
            _log.Requests.Any(static r => r is { Comp: "list", Status: not null }) && _log.Requests.All(static r => r.Status is not null));
        _log.Clear();
        await Task.Delay(TimeSpan.FromSeconds(61), Time, Deadline);
        IReadOnlyList<StorageRequest> requests =
            [.. _log.Requests.Where(static r => !r.Is(r.Method, "orchestrations/alive/"))];
        Assert.InRange(requests.Count(static r => r is { Comp: "list", Status: not null }), 2, 3);
        return requests;
    }
}
