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

/// <summary>Which statuses are ends.</summary>
public static class OrchestrationRuntimeStatuses
{
    /// <summary>Those of instances that are not over.</summary>
    public static IReadOnlyList<OrchestrationRuntimeStatus> NotOver { get; } =
        [.. Enum.GetValues<OrchestrationRuntimeStatus>().Where(static s => !s.IsOver())];

    /// <summary>Those of instances that are over without having done what they were for: they may be begun again.</summary>
    public static IReadOnlyList<OrchestrationRuntimeStatus> Broken { get; } = [OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    /// <summary>Whether an instance of this status is over: completed, failed or terminated.</summary>
    public static bool IsOver(this OrchestrationRuntimeStatus status) =>
        status is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;
}
