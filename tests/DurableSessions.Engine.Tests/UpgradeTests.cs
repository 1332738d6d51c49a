using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Tests;

/// <summary>Hosts of two versions serve one container while one replaces the other.</summary>
[Collection(nameof(Simulated))]
public sealed class UpgradeTests : EngineTest
{
    protected override TimeSpan Longest => TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData(true, "2")]
    [InlineData(false, null)]
    public Task Only_one_with_tags_is_left_alone_by_hosts_that_would_drop_them(bool hasTags, string? version) => RunAsync(async () =>
    {
        Orchestrator<string, string>("flow", (context, _) => context.WaitForExternalEvent<string>("go"));
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        Dictionary<string, string> tags = hasTags ? Enumerable.Range(0, StartOrchestrationOptions.MaxTags).ToDictionary(
            static i => $"{i}".PadLeft(64, 'n'), static i => new string('%', 128)) : [];
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "flow", "", new StartOrchestrationOptions { Tags = tags });
        Assert.Equal(version, await VersionAsync("active"));
        await host.Client.RaiseEventAsync(instance.InstanceId, "go", "done", Deadline);
        Assert.Equal(tags, (await EndOf(host.Client, instance)).Tags);
        Assert.Equal(version, await VersionAsync("finished"));

        async Task<string?> VersionAsync(string folder) =>
            (await Hub.Container.GetBlobClient($"orchestrations/{folder}/{instance.InstanceId}.json").GetPropertiesAsync())
            .Value.Metadata.TryGetValue("version", out string? found) ? found : null;
    });

    /// <remarks>As the README says an orchestrator is changed: under a new name, beside the old one.</remarks>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task An_orchestrator_that_was_changed_runs_each_instance_with_the_code_it_began_with(bool dies) => RunAsync(async () =>
    {
        Activity<string, string>("say", (text, _) => Task.FromResult(text));
        Orchestrator<string, string>("flow", async (context, _) =>
        {
            await context.WaitForExternalEvent<int>("go");
            return await context.CallActivityAsync<string>("say", "old");
        });
        Orchestrator<string, string>("flow-2", async (context, _) =>
        {
            string first = await context.CallActivityAsync<string>("say", "new");
            await context.WaitForExternalEvent<int>("go");
            return first;
        });
        var older = new OrchestrationRegistry();
        older.AddActivity("say", Registry.Activities["say"]);
        older.AddOrchestrator("flow", Registry.Orchestrators["flow"]);

        EmbeddedHost leaving = await Hub.StartAsync(older);
        OrchestrationMetadata before = await leaving.Client.ScheduleNewOrchestrationInstanceAsync("flow", "");
        await using EmbeddedHost coming = await Hub.StartAsync(Registry);
        OrchestrationMetadata after = await coming.Client.ScheduleNewOrchestrationInstanceAsync("flow-2", "");

        // A client of the old version may have heard of the new name, and the old one is still asked for.
        OrchestrationMetadata ahead = await leaving.Client.ScheduleNewOrchestrationInstanceAsync("flow-2", "");
        OrchestrationMetadata behind = await coming.Client.ScheduleNewOrchestrationInstanceAsync("flow", "");
        OrchestrationMetadata[] all = [before, after, ahead, behind];
        foreach (OrchestrationMetadata instance in all)
        {
            await coming.Client.WaitForInstanceAsync(
                instance.InstanceId, static m => m.RuntimeStatus == OrchestrationRuntimeStatus.Running, Deadline);
        }

        await Task.Delay(TimeSpan.FromMinutes(1), Time, Deadline);
        await (dies ? leaving.KillAsync() : Task.CompletedTask);
        OrchestrationClient client = dies ? coming.Client : leaving.Client;
        foreach (OrchestrationMetadata instance in all)
        {
            await client.RaiseEventAsync(instance.InstanceId, "go", 1, Deadline);
        }

        foreach ((OrchestrationMetadata instance, string said) in all.Zip((string[])["old", "new", "new", "old"]))
        {
            OrchestrationMetadata ended = await EndOf(coming.Client, instance);
            Assert.Equal((OrchestrationRuntimeStatus.Completed, $"\"{said}\""), (ended.RuntimeStatus, ended.SerializedOutput));
        }

        await leaving.KillAsync();
    });
}
