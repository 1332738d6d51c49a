namespace DurableSessions.Orchestration.Behaviour;

/// <summary>Events and timers.</summary>
public abstract class WaitingBehaviour : PortBehaviour
{
    protected WaitingBehaviour()
    {
        Activity<int, int>("step", (i, _) => Task.FromResult(i));
        Orchestrator<int, List<string>>("collect", async (context, count) =>
        {
            List<string> seen = [];
            for (int i = 0; i < count; i++)
            {
                seen.Add(await context.WaitForExternalEvent<string>("item"));
            }

            return seen;
        });
        Orchestrator<int, string>("event-or-timer", async (context, milliseconds) =>
        {
            using var done = new CancellationTokenSource();
            Task<string> raised = context.WaitForExternalEvent<string>("go");
            Task timer = context.CreateTimer(TimeSpan.FromMilliseconds(milliseconds), done.Token);
            Task first = await Task.WhenAny(raised, timer);
            done.Cancel();
            await context.CallActivityAsync<int>("step", 1);
            return first == raised ? await raised : "timer";
        });
    }

    [Fact]
    public Task Events_complete_waits_in_the_order_they_were_raised() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("collect", 4);
        foreach (string item in (string[])["a", "b", "c", "d"])
        {
            Assert.True(await client.RaiseEventAsync(instance.InstanceId, item == "b" ? "ITEM" : "item", item));
        }

        Assert.Equal("""["a","b","c","d"]""", (await EndOf(client, instance)).SerializedOutput);
    });

    [Fact]
    public Task Events_raised_before_the_orchestrator_waits_are_kept_in_order() => RunAsync(async () =>
    {
        var gate = new TaskCompletionSource();
        Activity<object?, int>("gate", async (_, context) =>
        {
            await gate.Task.WaitAsync(context.CancellationToken);
            return 1;
        });
        Orchestrator<object?, string>("late", async (context, _) =>
        {
            await context.CallActivityAsync("gate");
            string first = await context.WaitForExternalEvent<string>("item");
            return first + await context.WaitForExternalEvent<string>("item") + await context.WaitForExternalEvent<string>("item");
        });
        OrchestrationClient client = await StartAsync();
        OrchestrationClient elsewhere = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("late");
        Assert.True(await client.RaiseEventAsync(instance.InstanceId, "item", "1"));
        Assert.True(await elsewhere.RaiseEventAsync(instance.InstanceId, "item", "2"));
        Assert.True(await client.RaiseEventAsync(instance.InstanceId, "item", "3"));
        gate.SetResult();

        Assert.Equal("\"123\"", (await EndOf(client, instance)).SerializedOutput);
    });

    [Fact]
    public Task Many_hosts_may_raise_events_at_once_and_none_is_lost() => RunAsync(async () =>
    {
        OrchestrationClient one = await StartAsync();
        OrchestrationClient other = await StartAsync();
        OrchestrationMetadata instance = await one.ScheduleNewOrchestrationInstanceAsync("collect", 20);

        bool[] raised = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
            await (i % 2 == 0 ? one : other).RaiseEventAsync(instance.InstanceId, "item", $"{i}")));

        Assert.All(raised, Assert.True);
        OrchestrationMetadata ended = await EndOf(one, instance);
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => $"{i}").Order(StringComparer.Ordinal),
            System.Text.Json.JsonSerializer.Deserialize<string[]>(ended.SerializedOutput!)!.Order(StringComparer.Ordinal));
    });

    [Fact]
    public Task An_event_for_an_instance_that_is_over_is_dropped() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("collect", 0);
        await EndOf(client, instance);

        Assert.False(await client.RaiseEventAsync(instance.InstanceId, "item", "late"));
    });

    [Fact]
    public Task A_timer_fires_not_before_its_time() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        DateTimeOffset before = Time.GetUtcNow();
        OrchestrationMetadata ended = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("event-or-timer", 700));

        Assert.Equal("\"timer\"", ended.SerializedOutput);
        Assert.True(Time.GetUtcNow() - before >= TimeSpan.FromMilliseconds(690));
    });

    [Fact]
    public Task A_timer_far_away_fires_in_time_on_a_host_that_sleeps() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        DateTimeOffset before = Time.GetUtcNow();
        OrchestrationMetadata ended = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("event-or-timer", 6_000));

        Assert.Equal("\"timer\"", ended.SerializedOutput);
        Assert.True(Time.GetUtcNow() - before >= TimeSpan.FromSeconds(5.9));
    });

    [Fact]
    public Task A_cancelled_timer_does_not_hold_the_orchestration_up() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("event-or-timer", 3_600_000);
        await client.RaiseEventAsync(instance.InstanceId, "go", "event");

        Assert.Equal("\"event\"", (await EndOf(client, instance)).SerializedOutput);
    });

    [Fact]
    public Task A_wait_that_was_cancelled_takes_no_event() => RunAsync(async () =>
    {
        Orchestrator<object?, string>("cancel-wait", async (context, _) =>
        {
            using var done = new CancellationTokenSource();
            Task<string> first = context.WaitForExternalEvent<string>("item", done.Token);
            done.Cancel();
            string second = await context.WaitForExternalEvent<string>("item");
            return $"{first.IsCanceled} {second}";
        });
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("cancel-wait");
        await client.RaiseEventAsync(instance.InstanceId, "item", "1");

        Assert.Equal("\"True 1\"", (await EndOf(client, instance)).SerializedOutput);
    });
}
