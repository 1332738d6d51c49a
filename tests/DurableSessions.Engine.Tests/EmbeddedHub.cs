using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using DurableSessions.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Engine.Tests;

/// <summary>One container; every host has clients and an engine of its own.</summary>
public sealed class EmbeddedHub : IOrchestrationHub
{
    private readonly AzuriteFixture _azurite;

    private EmbeddedHub(AzuriteFixture azurite, BlobContainerClient container)
    {
        _azurite = azurite;
        Container = container;
    }

    /// <summary>A view of the container that no fault disturbs.</summary>
    public BlobContainerClient Container { get; }

    public static async Task<EmbeddedHub> NewAsync(AzuriteFixture azurite) => new(azurite, await azurite.NewContainerAsync());

    public async Task<IOrchestrationHost> StartHostAsync(OrchestrationRegistry registry) => await StartAsync(registry);

    public async Task<EmbeddedHost> StartAsync(
        OrchestrationRegistry registry, EngineOptions? options = null, Action<BlobClientOptions>? configure = null, TimeProvider? time = null, bool start = true)
    {
        SessionStorage storage = await _azurite.ConnectAsync(Container.Name, configure);
        var engine = new EmbeddedEngine(
            storage.Container, storage.Unretried, registry, options ?? new EngineOptions(), time ?? TimeProvider.System, NullLogger<EmbeddedEngine>.Instance);
        if (start)
        {
            await engine.StartAsync(CancellationToken.None);
        }

        return new EmbeddedHost(engine);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class EmbeddedHost(EmbeddedEngine engine) : IOrchestrationHost
{
    public OrchestrationClient Client => engine.Client;

    public Task StopAsync() => engine.StopAsync(CancellationToken.None);

    public Task KillAsync() => engine.KillAsync();

    public ValueTask DisposeAsync() => engine.DisposeAsync();
}
