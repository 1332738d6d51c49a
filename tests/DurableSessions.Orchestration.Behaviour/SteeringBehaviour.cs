namespace DurableSessions.Orchestration.Behaviour;

/// <summary>Terminate, suspend, resume, purge.</summary>
public abstract class SteeringBehaviour : PortBehaviour
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether an activity's token is signalled when its instance is lost.</summary>
    protected virtual bool TellsActivities => true;

    protected SteeringBehaviour()
    {
        Activity<object?, int>("gate", async (_, context) =>
        {
            _started.TrySetResult();
            try
            {
                await _gate.Task.WaitAsync(context.CancellationToken);
                return 1;
            }
            catch (OperationCanceledException)
            {
                _cancelled.TrySetResult();
                throw;
            }
        });
        Activity<int, int>("step", (i, _) => Task.FromResult(i));
        Orchestrator<object?, int>("gated", async (context, _) =>
            await context.CallActivityAsync<int>("gate") + await context.CallActivityAsync<int>("step", 1));
        Orchestrator<object?, string>("wait", (context, _) => context.WaitForExternalEvent<string>("go"));
    }

    [Fact]
    public Task A_waiting_instance_is_terminated() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("wait");
        await client.TerminateInstanceAsync(instance.InstanceId, "enough");
        OrchestrationMetadata ended = await EndOf(client, instance);

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, ended.RuntimeStatus);
        Assert.Equal("enough", ended.FailureDetails!.ErrorMessage);
        await client.TerminateInstanceAsync(instance.InstanceId, "again");
        await client.SuspendInstanceAsync(instance.InstanceId);
        await client.ResumeInstanceAsync(instance.InstanceId);
        Assert.Equal(ended, await client.GetInstanceAsync(instance.InstanceId));
    });

    [Fact]
    public Task A_busy_instance_is_terminated_by_another_host_and_its_activity_notified_where_the_engine_can() => RunAsync(async () =>
    {
        OrchestrationClient owner = await StartAsync();
        OrchestrationMetadata instance = await owner.ScheduleNewOrchestrationInstanceAsync("gated");
        await _started.Task.WaitAsync(Deadline);
        OrchestrationClient other = await StartAsync();
        await other.TerminateInstanceAsync(instance.InstanceId);

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndOf(other, instance)).RuntimeStatus);
        if (TellsActivities)
        {
            await _cancelled.Task.WaitAsync(Deadline);
        }
    });

    [Fact]
    public Task A_suspended_instance_records_and_does_not_advance_until_it_is_resumed() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("gated");
        await _started.Task.WaitAsync(Deadline);
        await client.SuspendInstanceAsync(instance.InstanceId, "hold");
        await client.SuspendInstanceAsync(instance.InstanceId, "twice");
        await client.WaitForInstanceAsync(instance.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Suspended, Deadline);
        _gate.SetResult();
        IReadOnlyList<OrchestrationHistoryEvent>? history = null;
        while (history?.Any(e => e.EventType == "TaskCompleted") != true)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, Deadline);
            history = await client.GetHistoryAsync(instance.InstanceId);
        }

        Assert.Single(history, e => e.EventType == "TaskScheduled");
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await client.GetInstanceAsync(instance.InstanceId))!.RuntimeStatus);
        await client.ResumeInstanceAsync(instance.InstanceId);

        Assert.Equal("2", (await EndOf(client, instance)).SerializedOutput);
    });

    [Fact]
    public Task An_event_for_a_suspended_instance_waits_for_its_resumption_on_whichever_host() => RunAsync(async () =>
    {
        IOrchestrationHost host = await StartHostAsync();
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("wait");
        await host.Client.SuspendInstanceAsync(instance.InstanceId);
        await host.Client.WaitForInstanceAsync(instance.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Suspended, Deadline);
        Assert.True(await host.Client.RaiseEventAsync(instance.InstanceId, "go", "now"));
        await host.StopAsync();
        OrchestrationClient client = await StartAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await client.GetInstanceAsync(instance.InstanceId))!.RuntimeStatus);
        await client.ResumeInstanceAsync(instance.InstanceId);

        Assert.Equal("\"now\"", (await EndOf(client, instance)).SerializedOutput);
    });

    [Fact]
    public Task A_suspended_instance_is_terminated() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("wait");
        await client.SuspendInstanceAsync(instance.InstanceId);
        await client.TerminateInstanceAsync(instance.InstanceId);

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndOf(client, instance)).RuntimeStatus);
    });

    [Fact]
    public Task Resuming_what_is_not_suspended_changes_nothing() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("wait");
        await client.ResumeInstanceAsync(instance.InstanceId);
        await client.RaiseEventAsync(instance.InstanceId, "go", "now");

        Assert.Equal("\"now\"", (await EndOf(client, instance)).SerializedOutput);
    });

    [Fact]
    public Task Only_what_is_over_is_purged() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync(
            "wait", null, new StartOrchestrationOptions("purged"));
        Assert.False(await client.PurgeInstanceAsync("purged"));
        await client.RaiseEventAsync("purged", "go", "1");
        await EndOf(client, instance);

        Assert.True(await client.PurgeInstanceAsync("purged"));
        Assert.False(await client.PurgeInstanceAsync("purged"));
        Assert.Null(await client.GetInstanceAsync("purged"));
        OrchestrationMetadata again = await client.ScheduleNewOrchestrationInstanceAsync(
            "wait", null, new StartOrchestrationOptions("purged"));
        Assert.False(again.IsCompleted);
    });

    [Fact]
    public Task A_resume_that_follows_a_suspension_through_another_host_is_not_lost() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationClient elsewhere = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("gated");
        await _started.Task.WaitAsync(Deadline);
        await elsewhere.SuspendInstanceAsync(instance.InstanceId);
        await client.ResumeInstanceAsync(instance.InstanceId);
        _gate.SetResult();

        Assert.Equal("2", (await EndOf(client, instance)).SerializedOutput);
    });
}
