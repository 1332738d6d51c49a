namespace DurableSessions.Orchestration;

/// <summary>The status of an orchestration instance. Names and meanings are those of Durable Task.</summary>
public enum OrchestrationRuntimeStatus
{
    /// <summary>Scheduled; no host has run its orchestrator yet.</summary>
    Pending,

    /// <summary>Started, and not ended.</summary>
    Running,

    /// <summary>Suspended by an operator: events and results are recorded, the orchestrator does not run.</summary>
    Suspended,

    /// <summary>Ended: the orchestrator returned.</summary>
    Completed,

    /// <summary>Ended: the orchestrator threw.</summary>
    Failed,

    /// <summary>Ended: an operator terminated it.</summary>
    Terminated,
}
