using System.Collections.Concurrent;

namespace DurableSessions.Orchestration.Behaviour;

public abstract class ActivityBehaviour : PortBehaviour
{
    [Fact]
    public Task Activities_may_run_side_by_side() => RunAsync(async () =>
    {
        var both = new TaskCompletionSource();
        int running = 0;
        Activity<int, int>("meet", async (input, context) =>
        {
            if (Interlocked.Increment(ref running) == 2)
            {
                both.SetResult();
            }

            await both.Task.WaitAsync(context.CancellationToken);
            return input * 10;
        });
        Orchestrator<object?, int>("fan-out", async (context, _) =>
            (await Task.WhenAll(context.CallActivityAsync<int>("meet", 1), context.CallActivityAsync<int>("meet", 2))).Sum());
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata ended = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("fan-out"));

        Assert.Equal("30", ended.SerializedOutput);
    });

    [Fact]
    public Task An_activity_that_fails_is_tried_again_as_its_policy_says() => RunAsync(async () =>
    {
        int attempts = 0;
        Activity<string, string>("flaky", (input, _) =>
            Interlocked.Increment(ref attempts) < 3 ? throw new InvalidOperationException("not yet") : Task.FromResult(input));
        Orchestrator<object?, string>("retry", (context, _) => context.CallActivityAsync<string>(
            "flaky", "done", new TaskOptions(new RetryPolicy(3, TimeSpan.FromMilliseconds(20)))));
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata ended = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("retry"));

        Assert.Equal("\"done\"", ended.SerializedOutput);
        Assert.Equal(3, attempts);
    });

    [Fact]
    public Task An_activity_that_fails_for_good_throws_into_the_orchestrator_what_its_last_attempt_threw() => RunAsync(async () =>
    {
        int attempts = 0;
        Activity<object?, string>("broken", (_, _) => throw new FormatException($"attempt {Interlocked.Increment(ref attempts)}"));
        Orchestrator<object?, string>("catch", async (context, _) =>
        {
            try
            {
                return await context.CallActivityAsync<string>(
                    "broken", null, new TaskOptions(new RetryPolicy(2, TimeSpan.FromMilliseconds(10))));
            }
            catch (TaskFailedException e)
            {
                return $"{e.TaskName} {e.FailureDetails.ErrorType} {e.FailureDetails.ErrorMessage}";
            }
        });
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata ended = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("catch"));

        Assert.Equal($"\"broken {typeof(FormatException).FullName} attempt 2\"", ended.SerializedOutput);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task What_is_thrown_need_not_say_anything_of_itself(bool throws) => RunAsync(async () =>
    {
        Activity<object?, string>("mute", (_, _) => throw new MuteException(throws));
        Orchestrator<object?, string>("mute", async (context, _) =>
        {
            try
            {
                return await context.CallActivityAsync<string>("mute");
            }
            catch (TaskFailedException e) when (Names(e.FailureDetails))
            {
                throw new MuteException(throws);
            }
        });
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata ended = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("mute"));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.True(Names(ended.FailureDetails!));

        static bool Names(TaskFailureDetails failure) =>
            $"{failure.ErrorType} {failure.ErrorMessage}".Contains(typeof(MuteException).FullName!, StringComparison.Ordinal);
    });

    [Fact]
    public Task What_no_retry_can_help_is_not_tried_again() => RunAsync(async () =>
    {
        int attempts = 0;
        Activity<object?, string>("hopeless", (_, _) =>
        {
            Interlocked.Increment(ref attempts);
            throw new NonRetriableTaskException("never");
        });
        Orchestrator<object?, string>("try", (context, _) => context.CallActivityAsync<string>(
            "hopeless", null, new TaskOptions(new RetryPolicy(5, TimeSpan.FromMilliseconds(10)))));
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata ended = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("try"));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Equal(1, attempts);
    });

    [Fact]
    public Task Inputs_and_outputs_keep_their_shape() => RunAsync(async () =>
    {
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2));
        Activity<Order, Order>("echo", (order, _) => Task.FromResult(order with { Next = order }));
        Orchestrator<Order, Order>("echo-twice", async (context, order) =>
            await context.CallActivityAsync<Order>("echo", await context.CallActivityAsync<Order>("echo", order)));
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata ended = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync(
            "echo-twice", new Order("ä \"x\"", Colour.Green, at, ["a", "b"], null, 7)));

        Order order = System.Text.Json.JsonSerializer.Deserialize<Order>(ended.SerializedOutput!, s_web)!;
        Assert.Equal("ä \"x\"", order.Next!.Next!.Name);
        Assert.Equal(Colour.Green, order.Next.Colour);
        Assert.Equal(at, order.Next.At);
        Assert.Equal(["a", "b"], order.Next.Tags);
        Assert.Equal(7, order.Next.Count);
        Assert.Null(order.Next.Next.Next);
    });

    [Fact]
    public Task The_time_and_the_replay_flag_are_those_of_the_first_run() => RunAsync(async () =>
    {
        var seen = new ConcurrentQueue<(int Place, DateTimeOffset Time, bool Replaying)>();
        Activity<int, int>("step", (i, _) => Task.FromResult(i));
        Orchestrator<object?, int>("clock", async (context, _) =>
        {
            seen.Enqueue((0, context.CurrentUtcDateTime, context.IsReplaying));
            await context.CallActivityAsync<int>("step", 1);
            seen.Enqueue((1, context.CurrentUtcDateTime, context.IsReplaying));
            context.SetCustomStatus("waits");
            await context.WaitForExternalEvent<object?>("go");
            seen.Enqueue((2, context.CurrentUtcDateTime, context.IsReplaying));
            return 1;
        });
        IOrchestrationHost first = await StartHostAsync();
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("clock");

        // A run that has no checkpoint yet is not the first one: another host may run it in its place.
        await first.Client.WaitForInstanceAsync(instance.InstanceId, static m => m.SerializedCustomStatus is not null, Deadline);
        await first.StopAsync();
        OrchestrationClient client = await StartAsync();
        await client.RaiseEventAsync(instance.InstanceId, "go");
        await EndOf(client, instance);

        foreach (int place in (int[])[0, 1, 2])
        {
            Assert.Single(seen.Where(s => s.Place == place).Select(s => s.Time).Distinct());
            Assert.False(seen.First(s => s.Place == place).Replaying);
            Assert.All(seen.Where(s => s.Place == place).Skip(1), s => Assert.True(s.Replaying));
        }

        Assert.True(seen.Count(s => s.Place == 1) > 1);
    });

    [Fact]
    public Task The_custom_status_is_seen_with_the_next_checkpoint() => RunAsync(async () =>
    {
        Orchestrator<object?, int>("status", async (context, _) =>
        {
            context.SetCustomStatus(new { stage = "waiting" });
            await context.WaitForExternalEvent<object?>("go");
            context.SetCustomStatus("done");
            return 1;
        });
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("status");
        OrchestrationMetadata waiting = await client.WaitForInstanceAsync(
            instance.InstanceId, m => m.SerializedCustomStatus is not null, Deadline);
        Assert.Equal("{\"stage\":\"waiting\"}", waiting.SerializedCustomStatus);
        await client.RaiseEventAsync(instance.InstanceId, "go");

        Assert.Equal("\"done\"", (await EndOf(client, instance)).SerializedCustomStatus);
    });

    [Fact]
    public Task A_custom_status_can_be_taken_back() => RunAsync(async () =>
    {
        Orchestrator<object?, int>("status", async (context, _) =>
        {
            context.SetCustomStatus("asleep");
            await context.WaitForExternalEvent<object?>("go");
            context.SetCustomStatus(null);
            await context.WaitForExternalEvent<object?>("end");
            return 1;
        });
        OrchestrationClient client = await StartAsync();

        string id = (await client.ScheduleNewOrchestrationInstanceAsync("status")).InstanceId;
        await client.WaitForInstanceAsync(id, static m => m.SerializedCustomStatus == "\"asleep\"", Deadline);
        await client.RaiseEventAsync(id, "go");
        await client.WaitForInstanceAsync(id, static m => m.SerializedCustomStatus is null, Deadline);
        await client.RaiseEventAsync(id, "end");
        await client.WaitForInstanceCompletionAsync(id, Deadline);
    });

    private static readonly System.Text.Json.JsonSerializerOptions s_web = new(System.Text.Json.JsonSerializerDefaults.Web)
    {
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() },
    };

    private sealed class MuteException(bool throws) : Exception
    {
        public override string Message => throws ? throw new InvalidOperationException() : null!;

        public override string? StackTrace => throws ? throw new InvalidOperationException() : null;
    }

    internal enum Colour
    {
        Red,
        Green,
    }

    internal sealed record Order(string Name, Colour Colour, DateTimeOffset At, IReadOnlyList<string> Tags, Order? Next, int? Count);
}
