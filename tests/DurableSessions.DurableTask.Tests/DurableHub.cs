using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using Microsoft.DurableTask.Testing.Sidecar;
using global::DurableTask.AzureStorage;
using global::DurableTask.Core;

namespace DurableSessions.DurableTask.Tests;

/// <summary>A task hub that several hosts share, as they would share a scheduler.</summary>
internal sealed class DurableHub : IOrchestrationHub
{
    private readonly Func<DurableHub, OrchestrationRegistry, Task<IOrchestrationHost>> _start;
    private readonly Func<Task> _end;

    private DurableHub(
        IOrchestrationService service,
        IOrchestrationServiceClient client,
        Func<DurableHub, OrchestrationRegistry, Task<IOrchestrationHost>> start,
        Func<Task> end)
    {
        _start = start;
        Service = service;
        Client = client;
        _end = end;
    }

    public IOrchestrationService Service { get; }

    public IOrchestrationServiceClient Client { get; }

    public Histories Histories { get; } = new();

    public TimeProvider Time => TimeProvider.System;

    public static DurableHub InMemory()
    {
        var service = new InMemoryOrchestrationService();
        return new DurableHub(
            service, service, static async (hub, registry) => await DurableHost.StartAsync(hub, registry), static () => Task.CompletedTask);
    }

    /// <summary>The provider that Azure Functions uses unless it is configured for another.</summary>
    public static async Task<DurableHub> OnAzureStorageAsync(WholeAzurite azurite) => await OnAzureStorageAsync(
        new AzureStorageOrchestrationServiceSettings
        {
            TaskHubName = $"hub{Guid.NewGuid():N}",
            StorageAccountClientProvider = new StorageAccountClientProvider(await azurite.GetConnectionStringAsync()),
            PartitionCount = 1,
            MaxQueuePollingInterval = TimeSpan.FromMilliseconds(100),
            LeaseAcquireInterval = TimeSpan.FromSeconds(1),
        });

    public static async Task<DurableHub> OnAzureStorageAsync(AzureStorageOrchestrationServiceSettings settings)
    {
        var service = new AzureStorageOrchestrationService(settings);
        await service.CreateIfNotExistsAsync();
        await service.StartAsync();
        return new DurableHub(
            service,
            service,
            static async (hub, registry) => await FunctionsHost.StartAsync(hub, registry),
            () => service.StopAsync(isForced: true));
    }

    public static async Task RunAsync(Func<IOrchestrationHub, Task> test)
    {
        await using DurableHub hub = InMemory();
        await test(hub);
    }

    public static async Task RunAsync(WholeAzurite azurite, Func<IOrchestrationHub, Task> test)
    {
        await using DurableHub hub = await OnAzureStorageAsync(azurite);
        await test(hub);
    }

    public Task<IOrchestrationHost> StartHostAsync(OrchestrationRegistry registry) => _start(this, registry);

    public async ValueTask DisposeAsync() => await _end();
}
