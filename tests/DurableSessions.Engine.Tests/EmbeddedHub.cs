using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using DurableSessions.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Engine.Tests;

/// <summary>One container; every host has storage clients and an engine of its own.</summary>
public sealed class EmbeddedHub : IOrchestrationHub
{
    private EmbeddedHub(StorageFixture storage, BlobContainerClient container)
    {
        Storage = storage;
        Container = container;
    }

    /// <summary>The longest of a test in which no sweep may find what was missed.</summary>
    internal static TimeSpan BeforeASweep { get; } = new EngineOptions().SweepInterval - TimeSpan.FromSeconds(5);

    /// <summary>The storage that has the container.</summary>
    public StorageFixture Storage { get; }

    /// <summary>The container through a client without faults.</summary>
    public BlobContainerClient Container { get; }

    public TimeProvider Time => Storage.Time;

    public static async Task<EmbeddedHub> NewAsync(StorageFixture storage) => new(storage, await storage.NewContainerAsync());

    /// <summary>Runs a test on a hub of its own.</summary>
    public static async Task RunAsync(StorageFixture storage, Func<EmbeddedHub, Task> test)
    {
        await using EmbeddedHub hub = await NewAsync(storage);
        await test(hub);
    }

    /// <summary>Runs a test on a hub whose storage and clock are simulated.</summary>
    public static Task SimulateAsync(Schedule schedule, Func<EmbeddedHub, Task> test) =>
        SimulatedCluster.RunAsync(schedule, cluster => RunAsync(cluster, test));

    public async Task<IOrchestrationHost> StartHostAsync(OrchestrationRegistry registry) => await StartAsync(registry);

    public async Task<EmbeddedHost> StartAsync(
        OrchestrationRegistry registry,
        EngineOptions? options = null,
        Action<BlobClientOptions>? configure = null,
        TimeProvider? time = null,
        bool start = true,
        bool started = true)
    {
        SessionStorage storage = await Storage.ConnectAsync(Container.Name, configure);
        var engine = new EmbeddedEngine(
            storage.Container, storage.Unretried, registry, options ?? new EngineOptions(), time ?? Time,
            NullLogger<EmbeddedEngine>.Instance);
        if (start)
        {
            await engine.StartAsync(CancellationToken.None);
        }

        if (start && started)
        {
            await new EmbeddedHost(engine).StartedAsync();
        }

        return new EmbeddedHost(engine);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class EmbeddedHost(EmbeddedEngine engine) : IOrchestrationHost
{
    public OrchestrationClient Client => engine.Client;

    public OrchestrationHosts Hosts => engine.Hosts;

    /// <summary>Its host has started.</summary>
    public Task StartedAsync() => ((IHostedLifecycleService)engine).StartedAsync(CancellationToken.None);

    public Task StopAsync() => StopAsync(CancellationToken.None);

    public Task StopAsync(CancellationToken cancellationToken) => engine.StopAsync(cancellationToken);

    public Task KillAsync() => engine.KillAsync();

    public ValueTask DisposeAsync() => engine.DisposeAsync();
}
