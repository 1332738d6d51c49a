using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Tests;

/// <summary>Activities of one name wait in turn by the fairness keys of their instances.</summary>
[Collection(nameof(Simulated))]
public sealed class FairnessTests : EngineTest
{
    [Theory]
    [InlineData("acme/ann", "acme/ann")]
    [InlineData("100% of/ä", null)]
    [InlineData("", null)]
    public Task A_fairness_key_is_in_the_metadata_or_refused(string key, string? stored) => RunAsync(async () =>
    {
        Orchestrator<int, int>("plain", (_, i) => Task.FromResult(i));
        EmbeddedHost never = await Hub.StartAsync(Registry, start: false);
        var options = new StartOrchestrationOptions("keyed") { FairnessKey = key };
        if (stored is null)
        {
            ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(
                () => never.Client.ScheduleNewOrchestrationInstanceAsync("plain", 1, options));
            Assert.Contains("300", e.Message, StringComparison.Ordinal);
            return;
        }

        await never.Client.ScheduleNewOrchestrationInstanceAsync("plain", 1, options);
        IDictionary<string, string> metadata =
            (await Hub.Container.GetBlobClient("orchestrations/active/keyed.json").GetPropertiesAsync()).Value.Metadata;
        Assert.Equal(stored, Uri.UnescapeDataString(metadata["fairnesskey"]));
    });

    [Fact]
    public Task A_backlog_of_one_key_delays_another_by_one_activity_at_most() => RunAsync(async () =>
    {
        const int Backlog = 40;
        int ended = 0;
        int endedBefore = -1;
        using var gate = new SemaphoreSlim(0);
        Activity<string, int>("digest", async (key, context) =>
        {
            if (key == "b")
            {
                endedBefore = Volatile.Read(ref ended);
            }

            await gate.WaitAsync(context.CancellationToken);
            return Interlocked.Increment(ref ended);
        });
        Activity<string, string>("archive", (key, _) => Task.FromResult(key));
        Orchestrator<string, int>("digests", (context, key) => context.CallActivityAsync<int>("digest", key));
        Orchestrator<string, int>("commit", async (context, key) =>
            await context.CallActivityAsync<int>("digest", await context.CallActivityAsync<string>("archive", key)));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, new EngineOptions
        {
            MaxConcurrentActivitiesByName = new Dictionary<string, int> { ["digest"] = 2 },
        });
        OrchestrationMetadata[] backlog = await Task.WhenAll(Enumerable.Range(0, Backlog).Select(_ =>
            host.Client.ScheduleNewOrchestrationInstanceAsync("digests", "a", new StartOrchestrationOptions { FairnessKey = "a" })));
        OrchestrationMetadata other = await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "commit", "b", new StartOrchestrationOptions { FairnessKey = "b" });
        await UntilAsync(() => HasScheduledAsync(host.Client, other, "digest"));

        gate.Release();
        await UntilAsync(() => endedBefore >= 0);

        Assert.Equal(1, endedBefore);
        gate.Release(Backlog + 1);
        await Task.WhenAll(backlog.Append(other).Select(i => EndOf(host.Client, i)));
        Assert.Equal(Backlog + 1, ended);
    });

    private async Task<bool> HasScheduledAsync(OrchestrationClient client, OrchestrationMetadata instance, string activity) =>
        (await client.GetHistoryAsync(instance.InstanceId, Deadline))!.Any(e => e.EventType == "TaskScheduled" && e.Name == activity);

    private async Task UntilAsync(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), Time, Deadline);
        }
    }
}
