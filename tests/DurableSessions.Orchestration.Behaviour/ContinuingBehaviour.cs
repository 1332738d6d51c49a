namespace DurableSessions.Orchestration.Behaviour;

/// <summary>Instances that begin again with a new input.</summary>
public abstract class ContinuingBehaviour : PortBehaviour
{
    protected ContinuingBehaviour()
    {
        Activity<int, int>("less", (i, _) => Task.FromResult(i - 1));
        Orchestrator<int, string>("count-down", async (context, left) =>
        {
            if (left == 0)
            {
                return "down";
            }

            context.SetCustomStatus($"{left} left");
            context.ContinueAsNew(await context.CallActivityAsync<int>("less", left));
            return "not seen";
        });
        Orchestrator<string, string>("collect", async (context, seen) =>
        {
            seen += await context.WaitForExternalEvent<string>("item");
            if (!seen.EndsWith('.'))
            {
                context.ContinueAsNew(seen);
            }

            return seen;
        });
        Orchestrator<bool?, string>("drop", async (context, preserve) =>
        {
            if (preserve is { } preserves)
            {
                await context.WaitForExternalEvent<string>("go");
                context.ContinueAsNew(null, preserves);
                return "";
            }

            context.SetCustomStatus("again");
            return await context.WaitForExternalEvent<string>("item");
        });
    }

    /// <summary>Whether a run that sets no custom status has none; otherwise that of the run before stays.</summary>
    protected virtual bool ForgetsCustomStatus => true;

    /// <summary>Whether an event that is kept is received before those that are raised after the instance began again.</summary>
    protected virtual bool KeepsTheOrderOfEvents => true;

    [Fact]
    public Task An_instance_begins_again_with_a_new_input_and_an_empty_history() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata scheduled = await client.ScheduleNewOrchestrationInstanceAsync(
            "count-down", 5, new StartOrchestrationOptions("again"));

        OrchestrationMetadata ended = await EndOf(client, scheduled);

        Assert.Equal((OrchestrationRuntimeStatus.Completed, "\"down\""), (ended.RuntimeStatus, ended.SerializedOutput));
        Assert.Equal(("again", 1, "0"), (ended.InstanceId, ended.Generation, ended.SerializedInput));
        Assert.Equal(ForgetsCustomStatus ? null : "\"1 left\"", ended.SerializedCustomStatus);
        IReadOnlyList<OrchestrationHistoryEvent> history = (await client.GetHistoryAsync("again"))!;
        Assert.Equal("0", Assert.Single(history, static e => e.EventType == "ExecutionStarted").Payload);
        Assert.DoesNotContain(history, static e => e.EventType == "TaskScheduled");
    });

    [Fact]
    public Task A_client_of_another_host_waits_until_the_last_run_ends() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationClient elsewhere = await StartAsync();

        OrchestrationMetadata scheduled = await client.ScheduleNewOrchestrationInstanceAsync("count-down", 3);

        Assert.Equal("\"down\"", (await EndOf(elsewhere, scheduled)).SerializedOutput);
    });

    [Fact]
    public Task Each_event_is_received_by_one_run_and_in_order() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationClient elsewhere = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("collect", "");
        for (int i = 0; i < 12; i++)
        {
            string item = i == 11 ? "." : $"{(char)('a' + i)}";
            Assert.True(await (i % 2 == 0 ? client : elsewhere).RaiseEventAsync(instance.InstanceId, "item", item));
        }

        Assert.Equal("\"abcdefghijk.\"", (await EndOf(client, instance)).SerializedOutput);
    });

    [Theory]
    [InlineData(true, "early")]
    [InlineData(false, "late")]
    public Task Events_without_a_wait_are_kept_unless_they_are_to_be_dropped(bool preserve, string received) => RunAsync(async () =>
    {
        Assert.SkipWhen(preserve && !KeepsTheOrderOfEvents, "Here an event that was kept may come after later ones.");
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("drop", preserve);
        Assert.True(await client.RaiseEventAsync(instance.InstanceId, "item", "early"));
        Assert.True(await client.RaiseEventAsync(instance.InstanceId, "go"));
        await client.WaitForInstanceAsync(instance.InstanceId, static m => m.SerializedCustomStatus is not null || m.IsCompleted, Deadline);
        await client.RaiseEventAsync(instance.InstanceId, "item", "late");

        Assert.Equal($"\"{received}\"", (await EndOf(client, instance)).SerializedOutput);
    });

    [Fact]
    public Task An_orchestrator_that_throws_after_it_has_asked_to_begin_again_fails() => RunAsync(async () =>
    {
        Orchestrator<int, int>("throws", (context, i) =>
        {
            context.ContinueAsNew(i + 1);
            throw new InvalidOperationException("asked to");
        });
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata ended = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("throws", 1));

        Assert.Equal((OrchestrationRuntimeStatus.Failed, "asked to"), (ended.RuntimeStatus, ended.FailureDetails?.ErrorMessage));
    });

    [Fact]
    public Task An_id_that_was_scheduled_again_keeps_its_generation() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        var options = new StartOrchestrationOptions("twice") { ReusableStatuses = [OrchestrationRuntimeStatus.Completed] };
        OrchestrationMetadata first = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("count-down", 1, options));
        OrchestrationMetadata second = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("count-down", 2, options));

        Assert.Equal((1, 2), (first.Generation, second.Generation));
        Assert.False(await client.PurgeEndedAsync(first, Deadline));
        Assert.True(await client.PurgeEndedAsync(second, Deadline));
    });
}
