using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Tests;

[Collection(nameof(Simulated))]
public sealed class LimitTests : EngineTest
{
    private async Task<OrchestrationMetadata> EndAsync(Func<OrchestrationContext, Task<string>> run, EngineOptions? options = null)
    {
        Orchestrator<object?, string>("run", (context, _) => run(context));
        Activity<int, string>("make", (length, _) => Task.FromResult(new string('a', length)));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, options);
        OrchestrationMetadata ended = await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync("run"));
        Assert.Equal(ended, await host.Client.GetInstanceAsync(ended.InstanceId));
        return ended;
    }

    private Task FailAsync(Func<OrchestrationContext, Task<string>> run, int limit) => RunAsync(async () =>
    {
        OrchestrationMetadata ended = await EndAsync(run);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Contains($"{limit}", ended.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_history_that_grows_too_long_fails_its_instance() => FailAsync(
        async context =>
        {
            await Task.WhenAll(Enumerable.Range(0, 1_001).Select(_ => context.CallActivityAsync<string>("make", 1)));
            return "done";
        },
        EngineLimits.HistoryEntries);

    [Fact]
    public Task An_instance_that_grows_too_large_fails() => FailAsync(
        async context =>
        {
            for (int i = 0; i < 5; i++)
            {
                await context.CallActivityAsync<string>("make", 900_000);
            }

            return "done";
        },
        EngineLimits.InstanceBytes);

    [Fact]
    public Task An_activity_whose_output_is_too_large_fails_once() => FailAsync(
        context => context.CallActivityAsync<string>(
            "make", EngineLimits.PayloadBytes, new TaskOptions(new RetryPolicy(5, TimeSpan.FromMinutes(1)))),
        EngineLimits.PayloadBytes);

    [Fact]
    public Task An_output_that_is_too_large_fails_the_orchestration() => FailAsync(
        _ => Task.FromResult(new string('a', EngineLimits.PayloadBytes)), EngineLimits.PayloadBytes);

    [Fact]
    public Task A_custom_status_that_is_too_large_fails_the_orchestration() => FailAsync(
        context =>
        {
            context.SetCustomStatus(new string('a', EngineLimits.CustomStatusBytes));
            return Task.FromResult("done");
        },
        EngineLimits.CustomStatusBytes);

    [Fact]
    public Task Errors_are_cut_to_their_documented_length() => RunAsync(async () =>
    {
        OrchestrationMetadata ended = await EndAsync(_ => throw new InvalidOperationException(new string('a', 10_000)));

        Assert.Equal(4_096, ended.FailureDetails!.ErrorMessage.Length);
        Assert.InRange(ended.FailureDetails.StackTrace!.Length, 1, 16_384);
    });

    [Fact]
    public Task What_a_client_puts_in_is_bounded_too() => RunAsync(async () =>
    {
        Orchestrator<object?, string>("wait", (context, _) => context.WaitForExternalEvent<string>("go"));
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        await Assert.ThrowsAsync<EngineLimitException>(
            () => host.Client.ScheduleNewOrchestrationInstanceAsync("wait", new string('a', EngineLimits.PayloadBytes)));
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("wait");
        await Assert.ThrowsAsync<EngineLimitException>(
            () => host.Client.RaiseEventAsync(instance.InstanceId, "item", new string('a', EngineLimits.EventBytes)));
        for (int i = 0; i < EngineLimits.BufferedEvents; i++)
        {
            Assert.True(await host.Client.RaiseEventAsync(instance.InstanceId, "item", i));
        }

        EngineLimitException e = await Assert.ThrowsAsync<EngineLimitException>(
            () => host.Client.RaiseEventAsync(instance.InstanceId, "item", 0));
        Assert.Contains("100", e.Message, StringComparison.Ordinal);
        await host.Client.TerminateInstanceAsync(instance.InstanceId);
        await EndOf(host.Client, instance);
    });

    public static TheoryData<EngineOptions, string> Nonsense => new()
    {
        { new EngineOptions { Ownership = TimeSpan.Zero }, nameof(EngineOptions.Ownership) },
        { new EngineOptions { SweepInterval = -TimeSpan.FromSeconds(1) }, nameof(EngineOptions.SweepInterval) },
        { new EngineOptions { StopTimeout = TimeSpan.Zero }, nameof(EngineOptions.StopTimeout) },
        { new EngineOptions { ActivityStopTimeout = TimeSpan.FromTicks(-1) }, nameof(EngineOptions.ActivityStopTimeout) },
        { new EngineOptions { MaxConcurrentActivities = 0 }, nameof(EngineOptions.MaxConcurrentActivities) },
        { new EngineOptions { MaxLoadedInstances = 0 }, nameof(EngineOptions.MaxLoadedInstances) },
        { new EngineOptions { MaxConcurrentActivitiesByName = new Dictionary<string, int> { ["digest"] = -1 } }, "digest" },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public Task Options_that_would_let_nothing_run_are_refused(EngineOptions options, string names) => RunAsync(async () =>
    {
        ArgumentOutOfRangeException e = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Hub.StartAsync(Registry, options, start: false));
        Assert.Contains(names, e.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_slow_activity_takes_no_more_than_its_places() => RunAsync(async () =>
    {
        int running = 0;
        int most = 0;
        Activity<int, int>("slow", async (i, context) =>
        {
            int now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, context.CancellationToken);
            Interlocked.Decrement(ref running);
            return i;
        });
        OrchestrationMetadata ended = await EndAsync(
            async context =>
            {
                await Task.WhenAll(Enumerable.Range(0, 12).Select(i => context.CallActivityAsync<int>("slow", i)));
                return "done";
            },
            new EngineOptions
            {
                MaxConcurrentActivities = 12,
                MaxConcurrentActivitiesByName = new Dictionary<string, int> { ["slow"] = 3 },
            });

        Assert.Equal("\"done\"", ended.SerializedOutput);
        Assert.Equal(3, most);
    });

    [Fact]
    public Task Instances_beyond_the_places_of_a_host_run_when_others_end() => RunAsync(async () =>
    {
        Activity<int, int>("short", async (i, context) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, context.CancellationToken);
            return i;
        });
        Orchestrator<int, int>("queued", (context, i) => context.CallActivityAsync<int>("short", i));
        await using EmbeddedHost host = await Hub.StartAsync(
            Registry, new EngineOptions { MaxLoadedInstances = 2, SweepInterval = TimeSpan.FromMinutes(5) });
        OrchestrationMetadata[] instances = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => host.Client.ScheduleNewOrchestrationInstanceAsync("queued", i)));
        OrchestrationMetadata[] ended = await Task.WhenAll(instances.Select(i => EndOf(host.Client, i)));

        Assert.All(ended, m => Assert.Equal(m.SerializedInput, m.SerializedOutput));
    });

    private static void InterlockedMax(ref int most, int now)
    {
        int seen;
        while ((seen = Volatile.Read(ref most)) < now && Interlocked.CompareExchange(ref most, now, seen) != seen)
        {
        }
    }
}
