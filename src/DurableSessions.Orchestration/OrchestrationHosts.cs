namespace DurableSessions.Orchestration;

/// <summary>The hosts that run instances. An engine whose scheduler knows them, as that of Durable Task, has none of it.</summary>
public abstract class OrchestrationHosts
{
    /// <summary>
    /// Those of which there is a trace, at most 5,000, this one first and then by name. One request. A host that has died is there until
    /// others have removed what it left, minutes later.
    /// </summary>
    public abstract Task<IReadOnlyList<OrchestrationHost>> ListAsync(CancellationToken cancellationToken);
}
