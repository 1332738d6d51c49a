namespace DurableSessions.Orchestration.Behaviour;

/// <summary>Hosts that stop and die.</summary>
public abstract class RecoveryBehaviour : PortBehaviour
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;
    private int _first;

    protected RecoveryBehaviour()
    {
        Activity<int, int>("first", (i, _) =>
        {
            Interlocked.Increment(ref _first);
            return Task.FromResult(i);
        });
        Activity<int, int>("stuck-once", async (i, context) =>
        {
            if (Interlocked.Increment(ref _calls) == 1)
            {
                _started.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            }

            return i + 1;
        });
        Orchestrator<int, int>("two-steps", async (context, i) =>
            await context.CallActivityAsync<int>("stuck-once", await context.CallActivityAsync<int>("first", i)));
        Orchestrator<object?, string>("wait", (context, _) => context.WaitForExternalEvent<string>("go"));
        Orchestrator<int, string>("timer", async (context, milliseconds) =>
        {
            await context.CreateTimer(TimeSpan.FromMilliseconds(milliseconds), CancellationToken.None);
            return "rang";
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task An_instance_goes_on_where_it_stood_when_its_host_has_gone(bool cleanly) => RunAsync(async () =>
    {
        IOrchestrationHost first = await StartHostAsync();
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("two-steps", 7);
        await _started.Task.WaitAsync(Deadline);
        await (cleanly ? first.StopAsync() : first.KillAsync());
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata ended = await EndOf(client, instance);

        Assert.Equal("8", ended.SerializedOutput);
        Assert.Equal(2, _calls);
        Assert.Equal(1, _first);
    });

    [Fact]
    public Task An_instance_goes_on_at_another_host_that_was_there_before() => RunAsync(async () =>
    {
        IOrchestrationHost first = await StartHostAsync();
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("two-steps", 7);
        await _started.Task.WaitAsync(Deadline);
        OrchestrationClient client = await StartAsync();
        await first.KillAsync();

        Assert.Equal("8", (await EndOf(client, instance)).SerializedOutput);
    });

    [Fact]
    public Task An_event_wakes_an_instance_whose_host_has_gone() => RunAsync(async () =>
    {
        IOrchestrationHost first = await StartHostAsync();
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("wait");
        await first.Client.WaitForInstanceAsync(instance.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Deadline);
        await first.KillAsync();
        OrchestrationClient client = await StartAsync();
        Assert.True(await client.RaiseEventAsync(instance.InstanceId, "go", "on"));

        Assert.Equal("\"on\"", (await EndOf(client, instance)).SerializedOutput);
    });

    [Fact]
    public Task A_timer_fires_on_another_host_when_its_own_has_gone() => RunAsync(async () =>
    {
        IOrchestrationHost first = await StartHostAsync();
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("timer", 1_500);
        await first.StopAsync();
        OrchestrationClient client = await StartAsync();

        Assert.Equal("\"rang\"", (await EndOf(client, instance)).SerializedOutput);
    });
}
