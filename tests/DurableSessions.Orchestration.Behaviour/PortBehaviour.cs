namespace DurableSessions.Orchestration.Behaviour;

/// <summary>
/// What every engine promises to those who use the port. An engine's tests derive from each of these classes and supply the hub.
/// </summary>
public abstract class PortBehaviour : IAsyncLifetime
{
    private readonly List<IOrchestrationHost> _hosts = [];
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(90));
    private IOrchestrationHub? _hub;

    /// <summary>What the hosts of this test know; filled before the first is started.</summary>
    protected OrchestrationRegistry Registry { get; } = new();

    /// <summary>Bounds every wait of a test.</summary>
    protected CancellationToken Patience => _patience.Token;

    /// <summary>A hub that nobody else uses.</summary>
    protected abstract Task<IOrchestrationHub> NewHubAsync();

    protected async Task<IOrchestrationHost> StartHostAsync()
    {
        _hub ??= await NewHubAsync();
        IOrchestrationHost host = await _hub.StartHostAsync(Registry);
        _hosts.Add(host);
        return host;
    }

    protected async Task<OrchestrationClient> StartAsync() => (await StartHostAsync()).Client;

    protected void Orchestrator<TInput, TOutput>(string name, Func<OrchestrationContext, TInput, Task<TOutput>> run) =>
        Registry.AddOrchestrator(name, () => new InlineOrchestrator<TInput, TOutput>(run));

    protected void Activity<TInput, TOutput>(string name, Func<TInput, TaskActivityContext, Task<TOutput>> run) =>
        Registry.AddActivity(name, () => new InlineActivity<TInput, TOutput>(run));

    protected Task<OrchestrationMetadata> EndOf(OrchestrationClient client, OrchestrationMetadata instance) =>
        client.WaitForInstanceCompletionAsync(instance.InstanceId, Patience);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (IOrchestrationHost host in _hosts)
        {
            await host.DisposeAsync();
        }

        if (_hub is not null)
        {
            await _hub.DisposeAsync();
        }

        _patience.Dispose();
        GC.SuppressFinalize(this);
    }

    private sealed class InlineOrchestrator<TInput, TOutput>(Func<OrchestrationContext, TInput, Task<TOutput>> run)
        : TaskOrchestrator<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(OrchestrationContext context, TInput input) => run(context, input);
    }

    private sealed class InlineActivity<TInput, TOutput>(Func<TInput, TaskActivityContext, Task<TOutput>> run) : TaskActivity<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(TaskActivityContext context, TInput input) => run(input, context);
    }
}
