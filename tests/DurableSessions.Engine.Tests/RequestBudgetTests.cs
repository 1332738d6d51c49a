using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Engine.Tests;

public sealed class RequestBudgetTests(AzuriteFixture azurite) : EngineTest(azurite)
{
    private readonly RequestLog _log = new();

    [Fact]
    public async Task Four_activities_cost_six_requests_from_schedule_to_end()
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
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        await using EmbeddedHost host = await hub.StartAsync(Registry, configure: _log.Configure);
        await UntilAsync(() => _log.Requests.Any(r => r.Status == 200));
        _log.Clear();

        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "four", 0, new StartOrchestrationOptions(Guid.NewGuid().ToString("N")) { IsFreshId = true });
        Task<OrchestrationMetadata> end = EndOf(host.Client, instance);
        watched.SetResult();

        Assert.Equal("4", (await end).SerializedOutput);
        Assert.True(_log.Count <= 6, _log.ToString());
        Assert.False(await HasActiveBlobAsync(hub, instance.InstanceId));
    }

    [Fact]
    public async Task Results_that_arrive_together_share_a_checkpoint()
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
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        await using EmbeddedHost host = await hub.StartAsync(
            Registry, new EngineOptions { MaxConcurrentActivities = Width }, configure: _log.Configure);
        OrchestrationMetadata ended = await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync("wide"));

        Assert.Equal("1225", ended.SerializedOutput);
        Assert.InRange(_log.Requests.Count(r => IsWriteOf(r, "active")), 2, 25);
    }

    [Fact]
    public async Task Waiting_for_an_instance_of_this_host_asks_storage_nothing()
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
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        await using EmbeddedHost host = await hub.StartAsync(Registry, configure: _log.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("gated");
        await started.Task.WaitAsync(Patience);
        await UntilAsync(() => _log.CountOf("GET", "orchestrations/active/", "list") == 1);
        _log.Clear();

        Task<OrchestrationMetadata> end = EndOf(host.Client, instance);
        await Task.Delay(TimeSpan.FromSeconds(1), Patience);
        Assert.Empty(_log.Requests);
        gate.SetResult();
        await end;
    }

    [Fact]
    public async Task An_idle_host_lists_once_in_thirty_seconds_and_asks_nothing_else()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        await using EmbeddedHost host = await hub.StartAsync(Registry, configure: _log.Configure, time: time);

        for (int listings = 1; listings <= 3; listings++)
        {
            await UntilAsync(() => _log.Requests.Count(r => r.Status is not null) == listings);
            await Task.Delay(100, Patience);
            time.Advance(TimeSpan.FromSeconds(29));
            await Task.Delay(100, Patience);
            Assert.Equal(listings, _log.Count);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.All(_log.Requests, r => Assert.Equal("list", r.Comp));
    }

    [Fact]
    public async Task An_instance_that_waits_costs_nothing()
    {
        Orchestrator<object?, string>("wait", (context, _) => context.WaitForExternalEvent<string>("go"));
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        await using EmbeddedHost host = await hub.StartAsync(Registry, Impatient with { SweepInterval = TimeSpan.FromMinutes(1) }, _log.Configure);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("wait");
        await host.Client.WaitForInstanceAsync(instance.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Patience);
        await UntilAsync(() => _log.CountOf("GET", "orchestrations/active/", "list") == 1);
        _log.Clear();

        await Task.Delay(Impatient.Ownership * 1.5, Patience);
        Assert.Empty(_log.Requests);
    }

    [Fact]
    public async Task What_was_asked_about_while_it_ran_here_is_not_looked_at_after_its_end()
    {
        (TaskCompletionSource started, TaskCompletionSource gate) = Gated();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        await using EmbeddedHost host = await hub.StartAsync(Registry, configure: _log.Configure, time: time);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("gated");
        await started.Task.WaitAsync(Patience);
        Assert.False((await host.Client.GetInstanceAsync(instance.InstanceId, Patience))!.IsCompleted);
        gate.SetResult();
        await EndOf(host.Client, instance);

        Assert.All(await RequestsOfTheNextMinuteAsync(time), static r => Assert.Equal("list", r.Comp));
    }

    [Fact]
    public async Task What_was_woken_before_its_timer_is_not_looked_at_when_that_would_have_fired()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        Orchestrator<object?, bool>("doze", async (context, _) =>
        {
            await Task.WhenAny(context.WaitForExternalEvent<string>("wake"), context.CreateTimer(TimeSpan.FromSeconds(20), CancellationToken.None));
            return true;
        });
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        await using EmbeddedHost host = await hub.StartAsync(Registry, configure: _log.Configure, time: time);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("doze");
        await host.Client.WaitForInstanceAsync(instance.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Patience);
        await host.Client.RaiseEventAsync(instance.InstanceId, "wake", "now", Patience);
        await EndOf(host.Client, instance);

        Assert.All(await RequestsOfTheNextMinuteAsync(time), static r => Assert.Equal("list", r.Comp));
    }

    [Fact]
    public async Task What_another_host_has_ended_is_not_looked_at_once_that_was_seen()
    {
        (TaskCompletionSource started, TaskCompletionSource gate) = Gated();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        await using EmbeddedHost other = await hub.StartAsync(Registry, configure: _log.Configure, time: time);
        await using EmbeddedHost owner = await hub.StartAsync(Registry, time: time);
        await UntilAsync(() => _log.Requests.Any(r => r.Status == 200));
        OrchestrationMetadata instance = await owner.Client.ScheduleNewOrchestrationInstanceAsync("gated");
        await started.Task.WaitAsync(Patience);
        Assert.False((await other.Client.GetInstanceAsync(instance.InstanceId, Patience))!.IsCompleted);
        gate.SetResult();
        await EndOf(owner.Client, instance);
        Assert.True((await other.Client.GetInstanceAsync(instance.InstanceId, Patience))!.IsCompleted);

        Assert.All(await RequestsOfTheNextMinuteAsync(time), static r => Assert.Equal("list", r.Comp));
    }

    [Fact]
    public async Task A_long_activity_keeps_its_instance_by_renewing()
    {
        int calls = 0;
        Activity<object?, int>("long", async (_, context) =>
        {
            await Task.Delay(Impatient.Ownership * 3, context.CancellationToken);
            return Interlocked.Increment(ref calls);
        });
        Orchestrator<object?, int>("patient", (context, _) => context.CallActivityAsync<int>("long"));
        await using EmbeddedHub hub = await NewEmbeddedHubAsync();
        EngineOptions options = Impatient with { Ownership = TimeSpan.FromSeconds(3), SweepInterval = TimeSpan.FromSeconds(1) };
        await using EmbeddedHost owner = await hub.StartAsync(Registry, options);
        await using EmbeddedHost other = await hub.StartAsync(Registry, options);

        OrchestrationMetadata ended = await EndOf(other.Client, await owner.Client.ScheduleNewOrchestrationInstanceAsync("patient"));

        Assert.Equal("1", ended.SerializedOutput);
        Assert.Equal(1, calls);
    }

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

    // What is due when a host lists is looked at before it lists the next time: after two listings all of it has been.
    private async Task<IReadOnlyList<StorageRequest>> RequestsOfTheNextMinuteAsync(FakeTimeProvider time)
    {
        await UntilAsync(() => _log.Requests.Any(static r => r is { Comp: "list", Status: not null }) && _log.Requests.All(static r => r.Status is not null));
        _log.Clear();
        for (int listings = 1; listings <= 2; listings++)
        {
            time.Advance(TimeSpan.FromSeconds(16));
            time.Advance(TimeSpan.FromSeconds(16));
            await UntilAsync(() => _log.Requests.Count(static r => r is { Comp: "list", Status: not null }) == listings);
        }

        return _log.Requests;
    }
}
