using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using Microsoft.DurableTask.Testing.Sidecar;

namespace DurableSessions.DurableTask.Tests;

/// <summary>A task hub in memory that several hosts share, as they would share a scheduler.</summary>
internal sealed class DurableHub : IOrchestrationHub
{
    public InMemoryOrchestrationService Service { get; } = new();

    public Histories Histories { get; } = new();

    public TimeProvider Time => TimeProvider.System;

    public static async Task RunAsync(Func<IOrchestrationHub, Task> test)
    {
        await using var hub = new DurableHub();
        await test(hub);
    }

    public async Task<IOrchestrationHost> StartHostAsync(OrchestrationRegistry registry) => await DurableHost.StartAsync(this, registry);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
