using System.Text.Json.Serialization;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>How a run ended.</summary>
internal sealed record RunOutcome(
    OrchestrationRuntimeStatus Status,
    [property: JsonConverter(typeof(RawJsonConverter))] string? Output = null,
    TaskFailureDetails? Failure = null)
{
    public static RunOutcome Failed(Exception e) => new(OrchestrationRuntimeStatus.Failed, Failure: Failures.From(e));
}
