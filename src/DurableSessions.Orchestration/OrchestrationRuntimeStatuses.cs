namespace DurableSessions.Orchestration;

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
