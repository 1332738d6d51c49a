using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using Microsoft.DurableTask.Testing.Sidecar;

namespace DurableSessions.DurableTask.Tests;

/// <summary>A task hub in memory that several hosts share, as they would share a scheduler.</summary>
internal sealed class DurableHub : IOrchestrationHub
{
    public InMemoryOrchestrationService Service { get; } = new();

    public Histories Histories { get; } = new();

    public static Task<IOrchestrationHub> NewAsync() => Task.FromResult<IOrchestrationHub>(new DurableHub());

    public async Task<IOrchestrationHost> StartHostAsync(OrchestrationRegistry registry) => await DurableHost.StartAsync(this, registry);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
