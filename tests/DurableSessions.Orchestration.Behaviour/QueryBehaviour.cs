namespace DurableSessions.Orchestration.Behaviour;

/// <summary>Listings and histories.</summary>
public abstract class QueryBehaviour : PortBehaviour
{
    protected QueryBehaviour()
    {
        Activity<int, int>("double", (i, _) => Task.FromResult(i * 2));
        Activity<object?, int>("broken", (_, _) => throw new InvalidOperationException("out of order"));
        Orchestrator<int, int>("doubling", (context, i) => context.CallActivityAsync<int>("double", i));
        Orchestrator<object?, string>("wait", (context, _) => context.WaitForExternalEvent<string>("go"));
        Orchestrator<object?, string>("story", async (context, _) =>
        {
            string word = await context.WaitForExternalEvent<string>("go");
            await context.CreateTimer(TimeSpan.FromMilliseconds(20), CancellationToken.None);
            try
            {
                await context.CallActivityAsync("broken");
            }
            catch (TaskFailedException)
            {
            }

            await context.CallActivityAsync<int>("double", 21);
            return word;
        });
    }

    /// <summary>Whether a timer may fire before its time; then another follows it.</summary>
    protected virtual bool TimersMayFireEarly => false;

    [Fact]
    public Task Instances_are_listed_in_pages_and_by_status_and_time() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        DateTimeOffset before = Time.GetUtcNow().AddSeconds(-5);
        List<string> over = [];
        List<string> waiting = [];
        for (int i = 0; i < 5; i++)
        {
            over.Add((await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("doubling", i))).InstanceId);
            waiting.Add((await client.ScheduleNewOrchestrationInstanceAsync("wait")).InstanceId);
        }

        foreach (string id in waiting)
        {
            await client.WaitForInstanceAsync(id, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Deadline);
        }

        IReadOnlyList<OrchestrationMetadata> all = await ListAsync(client, new OrchestrationQuery { PageSize = 3 });
        Assert.Equal(over.Concat(waiting).Order(), all.Select(m => m.InstanceId).Order());
        Assert.Equal(waiting.Order(), (await ListAsync(client, new OrchestrationQuery
        {
            PageSize = 2,
            Statuses = [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Pending],
            CreatedFrom = before,
        })).Select(m => m.InstanceId).Order());
        Assert.Empty(await ListAsync(client, new OrchestrationQuery { CreatedTo = before }));
        IReadOnlyList<OrchestrationMetadata> completed = await ListAsync(
            client, new OrchestrationQuery { Statuses = [OrchestrationRuntimeStatus.Completed], FetchInputsAndOutputs = true });
        Assert.Equal(["0", "2", "4", "6", "8"], completed.Select(m => m.SerializedOutput).Order());
        Assert.All(completed, m => Assert.Equal("doubling", m.Name));
    });

    [Fact]
    public Task A_continuation_token_that_no_page_had_is_refused() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();

        foreach (string token in (string[])["", "of another", "d:", "d:x", "d:00000000x"])
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(
                () => client.ListInstancesAsync(new OrchestrationQuery { ContinuationToken = token }, Deadline));
        }
    });

    [Fact]
    public Task Instances_are_listed_by_what_their_ids_begin_with() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        foreach (string id in (string[])["a-1", "a-2", "b-1", "a"])
        {
            await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("doubling", 1, new StartOrchestrationOptions(id)));
        }

        await client.ScheduleNewOrchestrationInstanceAsync("wait", null, new StartOrchestrationOptions("a-3"));

        IReadOnlyList<OrchestrationMetadata> found = await ListAsync(client, new OrchestrationQuery { InstanceIdPrefix = "a-" });
        Assert.Equal(["a-1", "a-2", "a-3"], found.Select(m => m.InstanceId).Order());
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public Task A_page_size_out_of_bounds_is_refused(int pageSize) => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();

        await Assert.ThrowsAnyAsync<ArgumentException>(() => client.ListInstancesAsync(new OrchestrationQuery { PageSize = pageSize }));
    });

    [Fact]
    public Task The_history_tells_what_happened_in_the_names_of_Durable_Task() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("story");
        await client.RaiseEventAsync(instance.InstanceId, "go", "word");
        await EndOf(client, instance);

        IReadOnlyList<OrchestrationHistoryEvent> history = (await client.GetHistoryAsync(instance.InstanceId))!;

        string[] types =
        [
            "ExecutionStarted", "EventRaised", "TimerCreated", "TimerFired", "TaskScheduled", "TaskFailed", "TaskScheduled",
            "TaskCompleted", "ExecutionCompleted",
        ];
        OrchestrationHistoryEvent timer = history.First(static e => e.EventType == "TimerCreated");
        List<OrchestrationHistoryEvent> story =
        [
            .. history.Where(e => types.Contains(e.EventType)
                && !(TimersMayFireEarly && (e.EventType is "TimerCreated" or "TimerFired") && e.TaskId != timer.TaskId)),
        ];
        Assert.Equal(types, story.Select(e => e.EventType));
        Assert.Contains(history, e => e is { EventType: "EventRaised", Name: "go", Payload: "\"word\"" });
        Assert.Contains(
            history, e => e is { EventType: "TaskFailed" } && e.Details?.Contains("out of order", StringComparison.Ordinal) == true);
        Assert.Contains(history, e => e is { EventType: "TaskCompleted", Payload: "42" });
        Assert.All(
            history.Where(e => e.EventType is "TimerFired" or "TaskFailed" or "TaskCompleted"),
            end => Assert.Single(history, e => e.EventType is "TimerCreated" or "TaskScheduled" && e.TaskId == end.TaskId));
        int completed = history.Single(e => e.EventType == "TaskCompleted").TaskId!.Value;
        Assert.Equal(
            ["double"],
            history.Where(e => e.EventType == "TaskScheduled" && e.TaskId == completed).Select(e => e.Name));
        Assert.NotNull(timer.FireAt);
        Assert.Equal(story.Select(e => e.Timestamp).Order(), story.Select(e => e.Timestamp));
    });

    private async Task<IReadOnlyList<OrchestrationMetadata>> ListAsync(OrchestrationClient client, OrchestrationQuery query)
    {
        List<OrchestrationMetadata> all = [];
        do
        {
            OrchestrationPage page = await client.ListInstancesAsync(query, Deadline);
            Assert.InRange(page.Values.Count, 0, query.PageSize);
            all.AddRange(page.Values);
            query = query with { ContinuationToken = page.ContinuationToken };
        }
        while (query.ContinuationToken is not null);
        return all;
    }
}
