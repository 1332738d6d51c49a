namespace DurableSessions.Orchestration.Behaviour;

/// <summary>
/// What every engine promises to those who use the port. An engine's tests derive from each of these classes and supply the hub.
/// </summary>
public abstract class PortBehaviour
{
    private readonly List<IOrchestrationHost> _hosts = [];
    private CancellationTokenSource? _deadline;
    private IOrchestrationHub? _hub;

    /// <summary>What the hosts of this test know; filled before the first is started.</summary>
    protected OrchestrationRegistry Registry { get; } = new();

    /// <summary>The clock of the hosts: of a test that waits, too.</summary>
    protected TimeProvider Time => Hub.Time;

    /// <summary>How long a test may take, by the clock of its hosts.</summary>
    protected virtual TimeSpan Longest => TimeSpan.FromSeconds(90);

    /// <summary>Bounds every wait of a test.</summary>
    protected CancellationToken Deadline => (_deadline ?? throw NotRunning()).Token;

    private IOrchestrationHub Hub => _hub ?? throw NotRunning();

    /// <summary>Runs a test on a hub that no other test uses.</summary>
    protected abstract Task OnHubAsync(Func<IOrchestrationHub, Task> test);

    /// <summary>Runs a test, from its first host to the end of its last.</summary>
    protected Task RunAsync(Func<Task> test) => OnHubAsync(async hub =>
    {
        _hub = hub;
        using var deadline = new CancellationTokenSource(Longest, hub.Time);
        _deadline = deadline;
        try
        {
            await test();
        }
        finally
        {
            foreach (IOrchestrationHost host in _hosts)
            {
                await host.DisposeAsync();
            }

            _hosts.Clear();
        }
    });

    protected async Task<IOrchestrationHost> StartHostAsync()
    {
        IOrchestrationHost host = await Hub.StartHostAsync(Registry);
        _hosts.Add(host);
        return host;
    }

    protected async Task<OrchestrationClient> StartAsync() => (await StartHostAsync()).Client;

    protected void Orchestrator<TInput, TOutput>(string name, Func<OrchestrationContext, TInput, Task<TOutput>> run) =>
        Registry.AddOrchestrator(name, () => new InlineOrchestrator<TInput, TOutput>(run));

    protected void Activity<TInput, TOutput>(string name, Func<TInput, TaskActivityContext, Task<TOutput>> run) =>
        Registry.AddActivity(name, () => new InlineActivity<TInput, TOutput>(run));

    protected Task<OrchestrationMetadata> EndOf(OrchestrationClient client, OrchestrationMetadata instance) =>
        client.WaitForInstanceCompletionAsync(instance.InstanceId, Deadline);

    private static InvalidOperationException NotRunning() => new("A test runs within RunAsync.");

    private sealed class InlineOrchestrator<TInput, TOutput>(Func<OrchestrationContext, TInput, Task<TOutput>> run)
        : TaskOrchestrator<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(OrchestrationContext context, TInput input) => run(context, input);
    }

    private sealed class InlineActivity<TInput, TOutput>(Func<TInput, TaskActivityContext, Task<TOutput>> run)
        : TaskActivity<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(TaskActivityContext context, TInput input) => run(input, context);
    }
}
