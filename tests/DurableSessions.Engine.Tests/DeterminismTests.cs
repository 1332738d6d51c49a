using DurableSessions.Engine.Replay;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Tests;

[Collection(nameof(Simulated))]
public sealed class DeterminismTests : EngineTest
{
    private static OrchestrationRegistry NewRegistry(Func<OrchestrationContext, Task<string>> run) => new OrchestrationRegistry()
        .AddOrchestrator("changing", () => new Changing(run))
        .AddActivity("one", () => new Echo())
        .AddActivity("two", () => new Echo());

    private static async Task<string> OneThenWait(OrchestrationContext context) =>
        await context.CallActivityAsync<string>("one", "a") + await context.WaitForExternalEvent<string>("go");

    private Task ChangeAsync(Func<OrchestrationContext, Task<string>> after, Action<OrchestrationMetadata> assert) => RunAsync(async () =>
    {
        EmbeddedHost before = await Hub.StartAsync(NewRegistry(OneThenWait));
        OrchestrationMetadata instance = await before.Client.ScheduleNewOrchestrationInstanceAsync("changing");
        await before.Client.WaitForInstanceAsync(instance.InstanceId, m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Deadline);
        await before.StopAsync();
        await using EmbeddedHost changed = await Hub.StartAsync(NewRegistry(after));
        await changed.Client.RaiseEventAsync(instance.InstanceId, "go", "b");
        assert(await EndOf(changed.Client, instance));
    });

    private Task MismatchAsync(Func<OrchestrationContext, Task<string>> after, params string[] named) =>
        ChangeAsync(after, ended => AssertMismatch(ended, named));

    private static void AssertMismatch(OrchestrationMetadata ended, params string[] named)
    {
        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Equal(typeof(NonDeterminismException).FullName, ended.FailureDetails!.ErrorType);
        Assert.All(named, n => Assert.Contains(n, ended.FailureDetails.ErrorMessage, StringComparison.Ordinal));
    }

    [Fact]
    public Task Code_that_has_not_changed_goes_on() =>
        ChangeAsync(OneThenWait, static ended => Assert.Equal("\"ab\"", ended.SerializedOutput));

    [Fact]
    public Task Another_activity_than_the_history_has_is_named() => MismatchAsync(
        async context => await context.CallActivityAsync<string>("two", "a") + await context.WaitForExternalEvent<string>("go"),
        "'one'",
        "'two'");

    [Fact]
    public Task A_timer_where_the_history_has_an_activity_is_named() => MismatchAsync(
        async context =>
        {
            await context.CreateTimer(TimeSpan.FromSeconds(1), CancellationToken.None);
            return await OneThenWait(context);
        },
        "'one'",
        "a timer");

    [Fact]
    public Task An_activity_too_many_is_named() => MismatchAsync(
        async context =>
        {
            Task<string> more = context.CallActivityAsync<string>("two", "a");
            return await OneThenWait(context) + await more;
        },
        "'two'");

    [Fact]
    public Task An_activity_that_is_missing_is_named() =>
        MismatchAsync(context => context.WaitForExternalEvent<string>("go"), "'one'");

    [Fact]
    public Task An_orchestrator_that_awaits_something_foreign_fails_rather_than_hangs() => RunAsync(async () =>
    {
        Func<OrchestrationContext, Task<string>>[] foreign =
        [
            async context =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), Time);
                return await context.CallActivityAsync<string>("one", "a");
            },
            async context =>
            {
                Task<string> open = context.CallActivityAsync<string>("one", "a");
                await new TaskCompletionSource().Task;
                return await open;
            },
        ];
        foreach (Func<OrchestrationContext, Task<string>> run in foreign)
        {
            await using EmbeddedHost host = await Hub.StartAsync(NewRegistry(run));
            OrchestrationMetadata ended = await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync("changing"));

            Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
            Assert.Equal(typeof(ForeignAwaitException).FullName, ended.FailureDetails!.ErrorType);
        }
    });

    [Fact]
    public Task An_orchestrator_that_a_host_does_not_have_waits_for_one_that_has_it() => RunAsync(async () =>
    {
        await using EmbeddedHost ignorant = await Hub.StartAsync(new OrchestrationRegistry(), ShortOwnership);
        OrchestrationMetadata instance = await ignorant.Client.ScheduleNewOrchestrationInstanceAsync("changing");
        Assert.True(await ignorant.Client.RaiseEventAsync(instance.InstanceId, "go", "b"));
        await Task.Delay(ShortOwnership.SweepInterval * 1.5, Time, Deadline);
        Assert.False((await ignorant.Client.GetInstanceAsync(instance.InstanceId))!.IsCompleted);
        await using EmbeddedHost knowing = await Hub.StartAsync(NewRegistry(OneThenWait), ShortOwnership);

        Assert.Equal("\"ab\"", (await EndOf(ignorant.Client, instance)).SerializedOutput);
    });

    [Fact]
    public Task An_activity_that_a_host_does_not_have_waits_for_one_that_has_it() => RunAsync(async () =>
    {
        EngineOptions options = ShortOwnership with { SweepInterval = TimeSpan.FromSeconds(1) };
        await using EmbeddedHost ignorant = await Hub.StartAsync(
            new OrchestrationRegistry().AddOrchestrator("changing", () => new Changing(OneThenWait)), options);
        OrchestrationMetadata instance = await ignorant.Client.ScheduleNewOrchestrationInstanceAsync("changing");
        await ignorant.Client.RaiseEventAsync(instance.InstanceId, "go", "b");
        await Task.Delay(TimeSpan.FromMilliseconds(500), Time, Deadline);
        Assert.False((await ignorant.Client.GetInstanceAsync(instance.InstanceId))!.IsCompleted);
        await ignorant.StopAsync();
        await using EmbeddedHost knowing = await Hub.StartAsync(NewRegistry(OneThenWait), options);

        Assert.Equal("\"ab\"", (await EndOf(knowing.Client, instance)).SerializedOutput);
    });

    private sealed class Changing(Func<OrchestrationContext, Task<string>> run) : TaskOrchestrator<object?, string>
    {
        public override Task<string> RunAsync(OrchestrationContext context, object? input) => run(context);
    }

    private sealed class Echo : TaskActivity<string, string>
    {
        public override Task<string> RunAsync(TaskActivityContext context, string input) => Task.FromResult(input);
    }
}
