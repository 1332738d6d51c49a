using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Replay;

/// <summary>How a run ended.</summary>
internal sealed record RunOutcome(OrchestrationRuntimeStatus Status, string? Output = null, TaskFailureDetails? Failure = null)
{
    public static RunOutcome Failed(Exception e) => new(OrchestrationRuntimeStatus.Failed, Failure: Failures.From(e));
}
