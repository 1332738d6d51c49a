namespace DurableSessions.Orchestration;

/// <summary>Thrown where a named instance does not exist.</summary>
public sealed class OrchestrationNotFoundException(string instanceId) : Exception($"Orchestration instance '{instanceId}' was not found.")
{
    /// <summary>The id of the request.</summary>
    public string InstanceId { get; } = instanceId;
}
