namespace DurableSessions.Orchestration;

/// <summary>Where an orchestration instance stands. Names and meanings are those of Durable Task.</summary>
public enum OrchestrationRuntimeStatus
{
    /// <summary>Scheduled; no host has run its orchestrator yet.</summary>
    Pending,

    /// <summary>Started, and not over.</summary>
    Running,

    /// <summary>Held by an operator: events and results are still recorded, the orchestrator does not advance.</summary>
    Suspended,

    /// <summary>Over: the orchestrator returned.</summary>
    Completed,

    /// <summary>Over: the orchestrator threw.</summary>
    Failed,

    /// <summary>Over: an operator ended it, wherever it stood.</summary>
    Terminated,
}
