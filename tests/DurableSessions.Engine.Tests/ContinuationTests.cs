using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Tests;

/// <summary>What the engine guarantees of instances that begin again, beyond the port.</summary>
[Collection(nameof(Simulated))]
public sealed class ContinuationTests : EngineTest
{
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
        Orchestrator<int, int>("for-ever", (context, i) =>
        {
            context.ContinueAsNew(i + 1);
            return Task.FromResult(i);
        });
        Orchestrator<int, string>("other", (_, _) => Task.FromResult("done"));
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata endless = await client.ScheduleNewOrchestrationInstanceAsync("for-ever", 0);
        OrchestrationMetadata other = await client.ScheduleNewOrchestrationInstanceAsync("other", 2);
        Assert.Equal("\"done\"", (await EndOf(client, other)).SerializedOutput);

        await client.TerminateInstanceAsync(endless.InstanceId, "enough", Deadline);

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndOf(client, endless)).RuntimeStatus);
    });
}
