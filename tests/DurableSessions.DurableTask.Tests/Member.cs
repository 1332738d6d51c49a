using Azure.Storage.Blobs;
using DurableSessions.Core;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.DurableTask.Tests;

/// <summary>One host of the store, on a task hub.</summary>
internal sealed class Member(ServiceProvider services, IOrchestrationHost host) : IAsyncDisposable
{
    public SessionStore Store => services.GetRequiredService<SessionStore>();

    public IOrchestrationHost Host => host;

    public static async Task<Member> StartAsync(
        AzuriteFixture azurite,
        BlobContainerClient container,
        DurableHub hub,
        (string Step, Func<ITaskActivity, ITaskActivity> Wrap)? doom = null,
        Action<BlobClientOptions>? configure = null)
    {
        SessionStorage storage = await azurite.ConnectAsync(container.Name, configure);
        IOrchestrationHost? host = null;
        var words = new FakeProcessor();
        ServiceProvider services = new ServiceCollection()
            .AddHost(storage, words, fallback: new FakeProcessor())
            .AddSingleton<OrchestrationClient>(_ => new HubClient(() => host!.Client))
            .BuildServiceProvider();
        OrchestrationRegistry known = services.GetRequiredService<OrchestrationRegistry>();
        var registry = new OrchestrationRegistry();
        foreach ((string name, Func<ITaskOrchestrator> create) in known.Orchestrators)
        {
            registry.AddOrchestrator(name, create);
        }

        foreach ((string name, Func<ITaskActivity> create) in known.Activities)
        {
            registry.AddActivity(name, doom is { } doomed && doomed.Step == name ? () => doomed.Wrap(create()) : create);
        }

        host = await hub.StartHostAsync(registry);
        return new Member(services, host);
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await services.DisposeAsync();
    }

    // The host of the task hub starts with what the store registers, and the store calls it from its first request on.
    private sealed class HubClient(Func<OrchestrationClient> find) : DelegatingOrchestrationClient
    {
        protected override OrchestrationClient Inner => find();
    }
}
