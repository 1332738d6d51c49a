using System.Collections.Concurrent;

namespace DurableSessions.Orchestration.Behaviour;

/// <summary>Orchestrators that run others as their children.</summary>
public abstract class SubOrchestrationBehaviour : PortBehaviour
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _begun = new();
    private int _attempts;

    protected SubOrchestrationBehaviour()
    {
        Activity<int, int>("double", (i, _) => Task.FromResult(i * 2));
        Activity<int, int>("fails", (_, _) => throw new InvalidOperationException("asked to"));
        Activity<int, int>("fails-twice", (i, _) =>
            Interlocked.Increment(ref _attempts) <= 2 ? throw new InvalidOperationException("not yet") : Task.FromResult(i));
        Orchestrator<int, int>("doubles", (context, i) => context.CallActivityAsync<int>("double", i));
        Orchestrator<int, int>("broken", (context, i) => context.CallActivityAsync<int>("fails", i));
        Orchestrator<int, int>("hopeless", (_, _) => throw new NonRetriableTaskException("never"));
        Orchestrator<int, int>("flaky", (context, i) => context.CallActivityAsync<int>("fails-twice", i));
        Activity<int, int>("begins", (i, context) =>
        {
            Begun(context.InstanceId).TrySetResult();
            return Task.FromResult(i);
        });
        Orchestrator<int, string>("waits", async (context, i) =>
        {
            await context.CallActivityAsync<int>("begins", i);
            return await context.WaitForExternalEvent<string>("go");
        });
        Orchestrator<int, int>("tree", async (context, depth) => depth == 0
            ? 1
            : await context.CallSubOrchestratorAsync<int>("tree", depth - 1)
                + await context.CallSubOrchestratorAsync<int>("tree", depth - 1));
    }

    /// <summary>Whether a parent can catch the termination of its child; otherwise it fails.</summary>
    protected virtual bool CatchesTermination => true;

    /// <summary>Whether a child has the tags of its parent.</summary>
    protected virtual bool InheritsTags => true;

    /// <summary>Whether a child's generation is its own; otherwise it has its parent's, as it has its parent's tags.</summary>
    protected virtual bool CountsGenerationsOfChildren => true;

    /// <summary>Whether the history of a parent has the inputs of its children.</summary>
    protected virtual bool TellsInputsOfChildren => true;

    [Fact]
    public Task A_child_gives_its_parent_its_output() => RunAsync(async () =>
    {
        OrchestrationMetadata ended = await EndAsync<int>(async context =>
            await context.CallSubOrchestratorAsync<int>("doubles", 4) + await context.CallActivityAsync<int>("double", 100));

        Assert.Equal((OrchestrationRuntimeStatus.Completed, "208"), (ended.RuntimeStatus, ended.SerializedOutput));
    });

    [Fact]
    public Task A_child_may_have_no_output() => RunAsync(async () =>
    {
        Orchestrator<object?, object?>("silent", (_, _) => Task.FromResult<object?>(null));
        OrchestrationMetadata ended = await EndAsync<bool>(async context =>
        {
            await context.CallSubOrchestratorAsync("silent");
            return await context.CallSubOrchestratorAsync<string>("silent") is null;
        });

        Assert.Equal("true", ended.SerializedOutput);
    });

    [Fact]
    public Task Children_have_children() => RunAsync(async () =>
        Assert.Equal("8", (await EndAsync<int>(context => context.CallSubOrchestratorAsync<int>("tree", 3))).SerializedOutput));

    [Fact]
    public Task Many_children_run_beside_each_other() => RunAsync(async () =>
    {
        OrchestrationMetadata ended = await EndAsync<int>(async context =>
            (await Task.WhenAll(Enumerable.Range(1, 40).Select(i => context.CallSubOrchestratorAsync<int>("doubles", i)))).Sum());

        Assert.Equal("1640", ended.SerializedOutput);
    });

    [Fact]
    public Task The_failure_of_a_child_is_thrown_in_its_parent() => RunAsync(async () =>
    {
        OrchestrationMetadata ended = await EndAsync<string>(async context =>
        {
            TaskFailedException e = await Assert.ThrowsAsync<TaskFailedException>(
                () => context.CallSubOrchestratorAsync<int>("broken", 1));
            return $"{e.TaskName}: {e.FailureDetails.IsCausedBy<TaskFailedException>()} {e.Message} {e.FailureDetails.ErrorMessage}";
        });

        Assert.StartsWith("\"broken: ", ended.SerializedOutput, StringComparison.Ordinal);
        Assert.Contains("Sub-orchestration 'broken' failed: ", ended.SerializedOutput, StringComparison.Ordinal);
        Assert.Contains("asked to", ended.SerializedOutput, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_failure_that_the_parent_does_not_catch_fails_it() => RunAsync(async () =>
    {
        OrchestrationMetadata ended = await EndAsync<int>(context => context.CallSubOrchestratorAsync<int>("broken", 1));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Contains("asked to", ended.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(null)]
    [InlineData("tried-again")]
    public Task A_child_that_fails_is_tried_again_under_its_policy(string? id) => RunAsync(async () =>
    {
        OrchestrationMetadata ended = await EndAsync<int>(context => context.CallSubOrchestratorAsync<int>(
            "flaky", 7, new SubOrchestrationOptions(id, new RetryPolicy(3, TimeSpan.FromMilliseconds(20)))));

        Assert.Equal(("7", 3), (ended.SerializedOutput, _attempts));
    });

    [Fact]
    public Task A_child_that_fails_at_each_attempt_fails_after_the_last() => RunAsync(async () =>
    {
        OrchestrationMetadata ended = await EndAsync<int>(context => context.CallSubOrchestratorAsync<int>(
            "flaky", 7, new SubOrchestrationOptions(Retry: new RetryPolicy(2, TimeSpan.FromMilliseconds(20)))));

        Assert.Equal((OrchestrationRuntimeStatus.Failed, 2), (ended.RuntimeStatus, _attempts));
    });

    [Fact]
    public Task A_child_has_the_id_that_it_is_given() => RunAsync(async () =>
    {
        Parent(context => context.CallSubOrchestratorAsync<string>("waits", 1, new SubOrchestrationOptions("the-child")));
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata parent = await StartParentAsync(client);

        OrchestrationMetadata child = await ChildAsync(client, "the-child");
        Assert.Equal(("waits", "1", 1), (child.Name, child.SerializedInput, child.Generation));
        Assert.True(await client.RaiseEventAsync("the-child", "go", "went", Deadline));
        Assert.Equal("\"went\"", (await EndOf(client, parent)).SerializedOutput);
        Assert.Equal("\"went\"", (await EndOf(client, child)).SerializedOutput);
        IReadOnlyList<OrchestrationHistoryEvent> history = (await client.GetHistoryAsync(parent.InstanceId))!;
        OrchestrationHistoryEvent created = Assert.Single(history, static e => e.EventType == "SubOrchestrationInstanceCreated");
        OrchestrationHistoryEvent completed = Assert.Single(history, static e => e.EventType == "SubOrchestrationInstanceCompleted");
        Assert.Equal(("the-child", "waits", TellsInputsOfChildren ? "1" : null), (created.InstanceId, created.Name, created.Payload));
        Assert.Equal((created.TaskId, "\"went\""), (completed.TaskId, completed.Payload));
    });

    [Fact]
    public Task An_id_is_given_to_one_child_after_another_of_the_same_run() => RunAsync(async () =>
    {
        OrchestrationMetadata ended = await EndAsync<int>(async context =>
        {
            int sum = 0;
            for (int i = 1; i <= 3; i++)
            {
                sum += await context.CallSubOrchestratorAsync<int>("doubles", i, new SubOrchestrationOptions("one-after-another"));
            }

            return sum;
        });

        Assert.Equal("12", ended.SerializedOutput);
    });

    [Fact]
    public void An_id_that_is_none_is_refused() => Assert.Contains(
        "1 to 256", Assert.Throws<ArgumentException>(static () => new SubOrchestrationOptions("a/b")).Message, StringComparison.Ordinal);

    [Fact]
    public Task A_child_that_is_terminated_fails_its_call_and_says_so() => RunAsync(async () =>
    {
        Parent(async context =>
        {
            try
            {
                return await context.CallSubOrchestratorAsync<string>(
                    "waits", 1, new SubOrchestrationOptions("ill-fated", new RetryPolicy(5, TimeSpan.FromMilliseconds(20))));
            }
            catch (TaskFailedException e)
            {
                return $"{e.FailureDetails.ErrorType}: {e.FailureDetails.ErrorMessage}";
            }
        });
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata parent = await StartParentAsync(client);
        OrchestrationMetadata child = await ChildAsync(client, "ill-fated");
        await client.TerminateInstanceAsync("ill-fated", "by the operator", Deadline);

        OrchestrationMetadata ended = await EndOf(client, parent);
        Assert.Equal(
            CatchesTermination
                ? (OrchestrationRuntimeStatus.Completed, "\"Terminated: by the operator\"")
                : (OrchestrationRuntimeStatus.Failed, null),
            (ended.RuntimeStatus, CatchesTermination ? ended.SerializedOutput : null));
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndOf(client, child)).RuntimeStatus);
    });

    [Fact]
    public Task A_failure_that_is_not_to_be_retried_is_not() => RunAsync(async () =>
    {
        OrchestrationMetadata ended = await EndAsync<string>(async context =>
        {
            DateTimeOffset before = context.CurrentUtcDateTime;
            await Assert.ThrowsAsync<TaskFailedException>(() => context.CallSubOrchestratorAsync<int>(
                "hopeless", 1, new SubOrchestrationOptions(Retry: new RetryPolicy(2, TimeSpan.FromHours(1)))));
            return context.CurrentUtcDateTime - before < TimeSpan.FromHours(1) ? "at once" : "later";
        });

        Assert.Equal("\"at once\"", ended.SerializedOutput);
    });

    [Fact]
    public Task A_parent_that_is_terminated_ends_at_once_and_its_child_goes_on() => RunAsync(async () =>
    {
        Parent(context => context.CallSubOrchestratorAsync<string>("waits", 1, new SubOrchestrationOptions("left")));
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata parent = await StartParentAsync(client);
        OrchestrationMetadata child = await ChildAsync(client, "left");
        await client.TerminateInstanceAsync(parent.InstanceId, "enough", Deadline);

        OrchestrationMetadata ended = await EndOf(client, parent);
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "enough"), (ended.RuntimeStatus, ended.FailureDetails?.ErrorMessage));
        Assert.False((await client.GetInstanceAsync("left"))!.IsCompleted);
        Assert.True(await client.PurgeInstanceAsync(parent.InstanceId));
        Assert.True(await client.RaiseEventAsync("left", "go", "alone", Deadline));
        Assert.Equal("\"alone\"", (await EndOf(client, child)).SerializedOutput);
    });

    [Fact]
    public Task The_result_of_a_child_that_begins_again_is_that_of_its_last_run() => RunAsync(async () =>
    {
        Orchestrator<int, string>("again", (context, left) =>
        {
            if (left > 0)
            {
                context.ContinueAsNew(left - 1);
            }

            return Task.FromResult($"{left} left");
        });
        OrchestrationMetadata ended = await EndAsync<string>(context => context.CallSubOrchestratorAsync<string>("again", 2));

        Assert.Equal("\"0 left\"", ended.SerializedOutput);
    });

    [Fact]
    public Task Parent_and_child_go_on_after_their_host_has_died() => RunAsync(async () =>
    {
        Parent(async context =>
        {
            int doubled = await context.CallSubOrchestratorAsync<int>("doubles", 2);
            return doubled + await context.CallSubOrchestratorAsync<string>("waits", 1, new SubOrchestrationOptions("orphan"));
        });
        IOrchestrationHost first = await StartHostAsync();
        OrchestrationMetadata parent = await StartParentAsync(first.Client);
        await ChildAsync(first.Client, "orphan");
        await first.KillAsync();
        OrchestrationClient client = await StartAsync();
        await client.RaiseEventAsync("orphan", "go", "home", Deadline);

        Assert.Equal("\"4home\"", (await EndOf(client, parent)).SerializedOutput);
    });

    [Fact]
    public Task A_suspended_parent_receives_the_result_once_it_is_resumed() => RunAsync(async () =>
    {
        Parent(context => context.CallSubOrchestratorAsync<string>("waits", 1, new SubOrchestrationOptions("meanwhile")));
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata parent = await StartParentAsync(client);
        OrchestrationMetadata child = await ChildAsync(client, "meanwhile");
        await client.SuspendInstanceAsync(parent.InstanceId, "hold", Deadline);
        await client.WaitForInstanceAsync(
            parent.InstanceId, static m => m.RuntimeStatus == OrchestrationRuntimeStatus.Suspended, Deadline);
        await client.RaiseEventAsync("meanwhile", "go", "kept", Deadline);
        await EndOf(client, child);
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await client.GetInstanceAsync(parent.InstanceId))!.RuntimeStatus);
        await client.ResumeInstanceAsync(parent.InstanceId, null, Deadline);

        Assert.Equal("\"kept\"", (await EndOf(client, parent)).SerializedOutput);
    });

    [Fact]
    public Task A_child_has_the_tags_of_its_parent() => RunAsync(async () =>
    {
        Orchestrator<int, string>("tagged", (context, i) =>
            context.CallSubOrchestratorAsync<string>("waits", i, new SubOrchestrationOptions("heir")));
        OrchestrationClient client = await StartAsync();
        var options = new StartOrchestrationOptions("testator")
        {
            Tags = new Dictionary<string, string> { ["team"] = "blue" },
            ReusableStatuses = [OrchestrationRuntimeStatus.Terminated],
        };
        OrchestrationMetadata first = await client.ScheduleNewOrchestrationInstanceAsync("waits", 1, options);
        await client.TerminateInstanceAsync("testator", null, Deadline);
        await EndOf(client, first);
        OrchestrationMetadata parent = await client.ScheduleNewOrchestrationInstanceAsync("tagged", 1, options);
        OrchestrationMetadata child = await ChildAsync(client, "heir");

        Assert.Equal(InheritsTags ? parent.Tags : [], child.Tags);
        Assert.Equal((2, CountsGenerationsOfChildren ? 1 : 2), (parent.Generation, child.Generation));
        await client.RaiseEventAsync("heir", "go", "", Deadline);
        await EndOf(client, parent);
    });

    // Once it runs; Azure Storage shows it a moment later. The task hub in memory answers with an error for a child that it is about to
    // create.
    private async Task<OrchestrationMetadata> ChildAsync(OrchestrationClient client, string id)
    {
        await Begun(id).Task.WaitAsync(Deadline);
        OrchestrationMetadata? child;
        while ((child = await client.GetInstanceAsync(id, Deadline)) is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, Deadline);
        }

        return child;
    }

    private TaskCompletionSource Begun(string id) =>
        _begun.GetOrAdd(id, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private void Parent<T>(Func<OrchestrationContext, Task<T>> run) => Orchestrator<object?, T>("parent", (context, _) => run(context));

    private Task<OrchestrationMetadata> StartParentAsync(OrchestrationClient client) =>
        client.ScheduleNewOrchestrationInstanceAsync("parent", null, new StartOrchestrationOptions("parent-1"), Deadline);

    private async Task<OrchestrationMetadata> EndAsync<T>(Func<OrchestrationContext, Task<T>> run)
    {
        Parent(run);
        OrchestrationClient client = await StartAsync();
        return await EndOf(client, await StartParentAsync(client));
    }
}
