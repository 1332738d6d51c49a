using DurableSessions.Orchestration.Behaviour;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>What is promised beyond the port: requests, fencing, limits.</summary>
public abstract class EngineTest(AzuriteFixture azurite) : PortBehaviour
{
    /// <summary>Hosts whose death is noticed soon.</summary>
    protected static readonly EngineOptions Impatient = new()
    {
        Ownership = TimeSpan.FromSeconds(1),
        SweepInterval = TimeSpan.FromSeconds(2),
    };

    protected override async Task<IOrchestrationHub> NewHubAsync() => await NewEmbeddedHubAsync();

    protected Task<EmbeddedHub> NewEmbeddedHubAsync() => EmbeddedHub.NewAsync(azurite);

    protected async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(10, Patience);
        }
    }

    protected static async Task<bool> HasActiveBlobAsync(EmbeddedHub hub, string id) =>
        await hub.Container.GetBlobClient($"orchestrations/active/{id}.json").ExistsAsync();

    protected static bool IsWriteOf(StorageRequest request, string folder) =>
        request.IsWrite && request.Blob.StartsWith($"orchestrations/{folder}/", StringComparison.Ordinal);
}
