using Azure.Storage.Blobs;
using DurableSessions.Testing;
using DurableSessions.Testing.Kills;
using global::DurableTask.Core;
using global::DurableTask.Core.Query;

namespace DurableSessions.DurableTask.Tests;

/// <summary>The real server with <c>Engine=DurableTask</c>, in processes that are killed.</summary>
public sealed class KilledServerTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    [Fact]
    public Task Every_accepted_commit_completes_and_every_message_is_there_once() =>
        SeededTest.RunAsync(seed => RunAsync(new Random(seed)));

    private async Task RunAsync(Random random)
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        string storage = await azurite.GetConnectionStringAsync();
        await using var hub = DurableHub.InMemory();
        Scheduler? scheduler = null;
        await using Hosts hosts = await Hosts.StartAsync(
            async _ =>
            {
                if (scheduler is not null)
                {
                    await scheduler.DisposeAsync();
                }

                scheduler = await Scheduler.StartAsync(hub);
                return new Dictionary<string, string>
                {
                    ["ConnectionStrings__Storage"] = storage,
                    ["Storage__Container"] = container.Name,
                    ["Auth__Mode"] = "dev",
                    ["Engine"] = "DurableTask",
                    ["ConnectionStrings__Scheduler"] = $"Endpoint={scheduler.Address};Authentication=None;TaskHub=default",
                };
            },
            1);
        await KilledHost.RunAsync(hosts, random, () => CountUnfinishedAsync(hub), output);
        await scheduler!.DisposeAsync();
    }

    private static async Task<int> CountUnfinishedAsync(DurableHub hub)
    {
        OrchestrationQueryResult found = await ((IOrchestrationServiceQueryClient)hub.Client).GetOrchestrationWithQueryAsync(
            new OrchestrationQuery { RuntimeStatus = [OrchestrationStatus.Pending, OrchestrationStatus.Running], PageSize = 1_000 },
            CancellationToken.None);
        return found.OrchestrationState.Count;
    }
}
