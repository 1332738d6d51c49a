namespace DurableSessions.Orchestration.Behaviour;

/// <summary>Where instances are kept, shared by the hosts of one test and by no others.</summary>
public interface IOrchestrationHub : IAsyncDisposable
{
    /// <summary>The clock of its hosts.</summary>
    TimeProvider Time { get; }

    /// <summary>A new host that runs, and knows what the registry knows.</summary>
    Task<IOrchestrationHost> StartHostAsync(OrchestrationRegistry registry);
}

/// <summary>One process that runs instances, as far as a test can tell. Disposing stops it, unless it is over.</summary>
public interface IOrchestrationHost : IAsyncDisposable
{
    OrchestrationClient Client { get; }

    /// <summary>Stops cleanly: what runs here may go on elsewhere at once.</summary>
    Task StopAsync();

    /// <summary>Stops as if killed: nothing more is written or given back.</summary>
    Task KillAsync();
}
