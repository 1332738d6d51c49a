namespace DurableSessions.Orchestration.Behaviour;

public abstract class SchedulingBehaviour : PortBehaviour
{
    protected SchedulingBehaviour()
    {
        Orchestrator<int, string>("count", async (context, input) =>
        {
            string text = "";
            for (int i = 0; i < input; i++)
            {
                text = await context.CallActivityAsync<string>("append", text);
            }

            return text;
        });
        Activity<string, string>("append", (text, _) => Task.FromResult(text + "x"));
        Orchestrator<bool, string>(
            "fail-if", (_, fail) => fail ? throw new InvalidOperationException("asked to") : Task.FromResult("fine"));
        Orchestrator<object?, string>("wait", (context, _) => context.WaitForExternalEvent<string>("go"));
    }

    [Fact]
    public Task An_orchestration_of_four_activities_completes_with_its_output() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata scheduled = await client.ScheduleNewOrchestrationInstanceAsync("count", 4);
        OrchestrationMetadata ended = await EndOf(client, scheduled);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        Assert.Equal("\"xxxx\"", ended.SerializedOutput);
        Assert.Equal("4", ended.SerializedInput);
        Assert.Equal("count", ended.Name);
        Assert.Null(ended.FailureDetails);
        Assert.Equal(ended, await client.GetInstanceAsync(ended.InstanceId));
    });

    [Fact]
    public Task An_orchestrator_that_throws_fails_with_what_it_threw() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();

        OrchestrationMetadata ended = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("fail-if", true));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Equal(typeof(InvalidOperationException).FullName, ended.FailureDetails!.ErrorType);
        Assert.Equal("asked to", ended.FailureDetails.ErrorMessage);
    });

    [Fact]
    public Task An_id_that_runs_is_not_scheduled_again() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        var options = new StartOrchestrationOptions("chosen.id_1@x");

        OrchestrationMetadata first = await client.ScheduleNewOrchestrationInstanceAsync("wait", 1, options);
        OrchestrationMetadata second = await client.ScheduleNewOrchestrationInstanceAsync("count", 2, options);

        Assert.Equal("chosen.id_1@x", first.InstanceId);
        Assert.Equal("wait", second.Name);
        Assert.Equal(first.Generation, second.Generation);
        Assert.Equal("1", second.SerializedInput);
    });

    [Fact]
    public Task An_id_that_is_over_is_not_scheduled_again_unless_its_status_may_be_reused() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        var options = new StartOrchestrationOptions("again") { ReusableStatuses = [OrchestrationRuntimeStatus.Failed] };
        await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("fail-if", true, options));

        OrchestrationMetadata kept = await client.ScheduleNewOrchestrationInstanceAsync(
            "fail-if", false, options with { ReusableStatuses = [] });
        Assert.Equal(OrchestrationRuntimeStatus.Failed, kept.RuntimeStatus);
        Assert.Equal(kept, await client.GetInstanceAsync("again"));

        OrchestrationMetadata second = await client.ScheduleNewOrchestrationInstanceAsync("fail-if", false, options);
        OrchestrationMetadata ended = await EndOf(client, second);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        Assert.Equal("false", ended.SerializedInput);
        Assert.Equal(2, ended.Generation);

        OrchestrationMetadata third = await client.ScheduleNewOrchestrationInstanceAsync("fail-if", true, options);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, third.RuntimeStatus);
        Assert.Equal(2, third.Generation);
    });

    [Fact]
    public Task Only_the_generation_that_was_looked_at_is_replaced() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        var options = new StartOrchestrationOptions("looked-at")
        {
            ReusableStatuses = [OrchestrationRuntimeStatus.Failed],
            ReusedGeneration = 1,
        };
        await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("fail-if", true, options));
        Assert.Equal(2, (await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("fail-if", true, options))).Generation);

        OrchestrationMetadata late = await client.ScheduleNewOrchestrationInstanceAsync("fail-if", true, options);
        Assert.Equal((OrchestrationRuntimeStatus.Failed, 2), (late.RuntimeStatus, late.Generation));
    });

    [Fact]
    public Task Many_who_schedule_one_id_at_once_make_one_instance() => RunAsync(async () =>
    {
        OrchestrationClient one = await StartAsync();
        OrchestrationClient other = await StartAsync();
        var options = new StartOrchestrationOptions("race") { ReusableStatuses = [OrchestrationRuntimeStatus.Failed] };
        await EndOf(one, await one.ScheduleNewOrchestrationInstanceAsync("fail-if", true, options));

        OrchestrationMetadata[] all = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            (i % 2 == 0 ? one : other).ScheduleNewOrchestrationInstanceAsync("wait", i, options)));

        Assert.All(all, m => Assert.Equal(2, m.Generation));
        Assert.Single(all.Select(m => m.SerializedInput).Distinct());
    });

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("ü")]
    [InlineData("a b")]
    public Task An_id_of_other_characters_is_refused(string id) => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();

        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => client.ScheduleNewOrchestrationInstanceAsync("count", 1, new StartOrchestrationOptions(id)));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => client.ScheduleNewOrchestrationInstanceAsync("count", 1, new StartOrchestrationOptions(new string('a', 257))));
    });

    [Fact]
    public Task What_is_not_there_is_not_found() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();

        Assert.Null(await client.GetInstanceAsync("unknown"));
        Assert.Null(await client.GetHistoryAsync("unknown"));
        Assert.False(await client.PurgeInstanceAsync("unknown"));
        Assert.Equal("unknown", (await Assert.ThrowsAsync<OrchestrationNotFoundException>(
            () => client.RaiseEventAsync("unknown", "go"))).InstanceId);
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => client.TerminateInstanceAsync("unknown"));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => client.SuspendInstanceAsync("unknown"));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => client.ResumeInstanceAsync("unknown"));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => client.WaitForInstanceCompletionAsync("unknown", Deadline));
    });

    [Fact]
    public Task An_instance_is_waited_for_from_another_host_too() => RunAsync(async () =>
    {
        OrchestrationClient one = await StartAsync();
        OrchestrationClient other = await StartAsync();

        OrchestrationMetadata scheduled = await one.ScheduleNewOrchestrationInstanceAsync("count", 2);
        OrchestrationMetadata ended = await EndOf(other, scheduled);

        Assert.Equal("\"xx\"", ended.SerializedOutput);
    });
}
