namespace DurableSessions.Orchestration;

/// <summary>Groups of statuses.</summary>
public static class OrchestrationRuntimeStatuses
{
    /// <summary>The statuses of instances that have not ended.</summary>
    public static IReadOnlyList<OrchestrationRuntimeStatus> NotOver { get; } =
        [.. Enum.GetValues<OrchestrationRuntimeStatus>().Where(static s => !s.IsOver())];

    /// <summary>The statuses of instances that have ended.</summary>
    public static IReadOnlyList<OrchestrationRuntimeStatus> Over { get; } =
        [.. Enum.GetValues<OrchestrationRuntimeStatus>().Where(static s => s.IsOver())];

    /// <summary>The statuses of instances that have ended without success, and may be started again.</summary>
    public static IReadOnlyList<OrchestrationRuntimeStatus> Broken { get; } =
        [OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    /// <summary>Whether an instance of this status has ended: completed, failed or terminated.</summary>
    public static bool IsOver(this OrchestrationRuntimeStatus status) =>
        status is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;
}
