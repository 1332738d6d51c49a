using System.Globalization;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>What the engine guarantees of instances that begin again, beyond the port.</summary>
[Collection(nameof(Simulated))]
public sealed class ContinuationTests : EngineTest
{
    public ContinuationTests()
    {
        Orchestrator<int, int>("for-ever", (context, i) =>
        {
            context.ContinueAsNew(i + 1);
            return Task.FromResult(i);
        });
    }

    [Fact]
    public Task The_result_of_an_activity_that_a_run_did_not_await_reaches_no_later_run() => RunAsync(async () =>
    {
        var gate = new TaskCompletionSource();
        Activity<int, string>("held", async (i, _) =>
        {
            await gate.Task;
            return $"old {i}";
        });
        Activity<int, string>("quick", (i, _) => Task.FromResult($"new {i}"));
        Orchestrator<int, string>("leaves-one", async (context, i) =>
        {
            if (i == 1)
            {
                Task<string> left = context.CallActivityAsync<string>("held", i);
                await context.WaitForExternalEvent<string>("go");
                context.ContinueAsNew(2);
                return "";
            }

            Task<string> quick = context.CallActivityAsync<string>("quick", i);
            await context.WaitForExternalEvent<string>("go");
            return await quick;
        });
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("leaves-one", 1);
        await client.RaiseEventAsync(instance.InstanceId, "go");
        await client.WaitForInstanceAsync(instance.InstanceId, static m => m.SerializedInput == "2", Deadline);
        gate.SetResult();
        await client.RaiseEventAsync(instance.InstanceId, "go");

        Assert.Equal("\"new 2\"", (await EndOf(client, instance)).SerializedOutput);
    });

    [Fact]
    public Task An_instance_that_begins_again_without_end_delays_no_other_and_can_be_terminated() => RunAsync(async () =>
    {
        Orchestrator<int, string>("other", (_, _) => Task.FromResult("done"));
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata endless = await client.ScheduleNewOrchestrationInstanceAsync("for-ever", 0);
        OrchestrationMetadata other = await client.ScheduleNewOrchestrationInstanceAsync("other", 2);
        Assert.Equal("\"done\"", (await EndOf(client, other)).SerializedOutput);

        await client.TerminateInstanceAsync(endless.InstanceId, "enough", Deadline);

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndOf(client, endless)).RuntimeStatus);
    });

    [Theory]
    [InlineData("for-ever")]
    [InlineData("for-ever-with-an-activity")]
    public Task An_instance_that_begins_again_without_end_can_be_terminated_by_another_host(string name) => RunAsync(async () =>
    {
        Activity<int, int>("next", (i, _) => Task.FromResult(i + 1));
        Orchestrator<int, int>("for-ever-with-an-activity", async (context, i) =>
        {
            context.ContinueAsNew(await context.CallActivityAsync<int>("next", i));
            return i;
        });
        OrchestrationClient client = await StartAsync();
        OrchestrationClient elsewhere = await StartAsync();
        OrchestrationMetadata endless = await client.ScheduleNewOrchestrationInstanceAsync(name, 0);

        await elsewhere.TerminateInstanceAsync(endless.InstanceId, "enough", Deadline);

        OrchestrationMetadata ended = await EndOf(elsewhere, endless);
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "enough"), (ended.RuntimeStatus, ended.FailureDetails?.ErrorMessage));
    });

    [Fact]
    public Task A_host_that_stops_gives_back_an_instance_that_begins_again_without_end() => RunAsync(async () =>
    {
        var longOwnership = new EngineOptions { Ownership = TimeSpan.FromHours(1) };
        EmbeddedHost first = await Hub.StartAsync(Registry, longOwnership);
        OrchestrationMetadata endless = await first.Client.ScheduleNewOrchestrationInstanceAsync("for-ever", 0);
        await first.Client.WaitForInstanceAsync(endless.InstanceId, static m => Runs(m) > 3, Deadline);

        await first.StopAsync();

        EmbeddedHost never = await Hub.StartAsync(Registry, start: false);
        int left = Runs((await never.Client.GetInstanceAsync(endless.InstanceId))!);
        await using EmbeddedHost second = await Hub.StartAsync(Registry, longOwnership);
        await second.Client.WaitForInstanceAsync(endless.InstanceId, m => Runs(m) > left, Deadline);
        await second.Client.TerminateInstanceAsync(endless.InstanceId, "enough", Deadline);
        await EndOf(second.Client, endless);
    });

    [Fact]
    public Task An_event_whose_sender_lost_the_answer_is_received_once_though_a_run_ends_before_it_is_sent_again() => RunAsync(async () =>
    {
        Activity<int, int>("held", async (i, context) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Time, context.CancellationToken);
            return i;
        });
        Orchestrator<string, string>("keeps-its-owner", async (context, seen) =>
        {
            // An activity that runs keeps the instance with its owner, whose next renewal finds the event.
            Task<int> held = context.CallActivityAsync<int>("held", 1);
            seen += await context.WaitForExternalEvent<string>("item");
            if (!seen.EndsWith('.'))
            {
                context.ContinueAsNew(seen);
            }

            return seen;
        });
        var transport = new FaultTransport();
        transport.When(r => IsWriteOf(r, "active"), new LosesAnswer(TimeSpan.FromSeconds(1.5), Time));
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, ShortOwnership);
        await using EmbeddedHost other = await Hub.StartAsync(Registry, ShortOwnership, transport.Configure);
        OrchestrationMetadata instance = await owner.Client.ScheduleNewOrchestrationInstanceAsync("keeps-its-owner", "");

        Task<bool> raised = other.Client.RaiseEventAsync(instance.InstanceId, "item", "a");
        await owner.Client.WaitForInstanceAsync(instance.InstanceId, static m => m.SerializedInput == "\"a\"", Deadline);
        Assert.False(raised.IsCompleted);
        Assert.True(await raised);
        Assert.True(await other.Client.RaiseEventAsync(instance.InstanceId, "item", "."));

        Assert.Equal("\"a.\"", (await EndOf(owner.Client, instance)).SerializedOutput);
    });

    [Fact]
    public Task An_event_that_came_behind_a_continuation_whose_answer_was_lost_is_received() => RunAsync(async () =>
    {
        var gate = new TaskCompletionSource();
        Activity<int, int>("held", async (i, _) =>
        {
            await gate.Task;
            return i;
        });
        Orchestrator<string, string>("begins-again-once", async (context, run) =>
        {
            if (run == "second")
            {
                return await context.WaitForExternalEvent<string>("item");
            }

            await context.CallActivityAsync<int>("held", 1);
            context.ContinueAsNew("second");
            return run;
        });
        var transport = new FaultTransport();
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, configure: transport.Configure);
        await using EmbeddedHost other = await Hub.StartAsync(Registry);
        OrchestrationMetadata instance = await owner.Client.ScheduleNewOrchestrationInstanceAsync("begins-again-once", "first");
        await owner.Client.WaitForInstanceAsync(
            instance.InstanceId, static m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Deadline);
        transport.When(r => IsWriteOf(r, "active"), new LosesAnswer(TimeSpan.FromSeconds(2), Time));
        gate.SetResult();
        await other.Client.WaitForInstanceAsync(instance.InstanceId, static m => m.SerializedInput == "\"second\"", Deadline);

        Assert.True(await other.Client.RaiseEventAsync(instance.InstanceId, "item", "kept"));

        Assert.Equal("\"kept\"", (await EndOf(owner.Client, instance)).SerializedOutput);
    });

    [Fact]
    public Task A_run_that_has_taken_an_event_is_followed_by_the_next_at_once() => RunAsync(async () =>
    {
        Orchestrator<int, int>("counts", async (context, i) =>
        {
            await context.WaitForExternalEvent<int>("item");
            context.ContinueAsNew(i + 1);
            return i;
        });
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync("counts", 0);
        DateTimeOffset before = Time.GetUtcNow();
        for (int i = 1; i <= 3; i++)
        {
            await client.RaiseEventAsync(instance.InstanceId, "item", i);
            await client.WaitForInstanceAsync(instance.InstanceId, m => Runs(m) == i, Deadline);
        }

        // By the simulated clock, which stands still while the host has something to do.
        Assert.True(Time.GetUtcNow() - before < TimeSpan.FromMilliseconds(200));
    });

    private static int Runs(OrchestrationMetadata instance) => int.Parse(instance.SerializedInput!, CultureInfo.InvariantCulture);
}
