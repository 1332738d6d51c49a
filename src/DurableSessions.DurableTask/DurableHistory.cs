using DurableSessions.Orchestration;
using Core = global::DurableTask.Core.History;

namespace DurableSessions.DurableTask;

/// <summary>Translates history events of Durable Task; the names of their types are the same.</summary>
internal static class DurableHistory
{
    public static OrchestrationHistoryEvent Translate(Core.HistoryEvent happened) => happened switch
    {
        Core.ExecutionStartedEvent e => New(e, e.Name, e.Input),
        Core.ExecutionCompletedEvent e => New(e, payload: e.Result, details: e.FailureDetails?.ErrorMessage),
        Core.ExecutionTerminatedEvent e => New(e, details: e.Input),
        Core.ExecutionSuspendedEvent e => New(e, details: e.Reason),
        Core.ExecutionResumedEvent e => New(e, details: e.Reason),
        Core.EventRaisedEvent e => New(e, e.Name, e.Input),
        Core.TaskScheduledEvent e => New(e, e.Name, e.Input) with { TaskId = e.EventId },
        Core.TaskCompletedEvent e => New(e, payload: e.Result) with { TaskId = e.TaskScheduledId },
        Core.TaskFailedEvent e => New(e, details: e.FailureDetails?.ErrorMessage ?? e.Reason) with { TaskId = e.TaskScheduledId },
        Core.SubOrchestrationInstanceCreatedEvent e => New(e, e.Name, e.Input) with { TaskId = e.EventId, InstanceId = e.InstanceId },
        Core.SubOrchestrationInstanceCompletedEvent e => New(e, payload: e.Result) with { TaskId = e.TaskScheduledId },
        Core.SubOrchestrationInstanceFailedEvent e =>
            New(e, details: e.FailureDetails?.ErrorMessage ?? e.Reason) with { TaskId = e.TaskScheduledId },
        Core.TimerCreatedEvent e => New(e) with { TaskId = e.EventId, FireAt = Utc(e.FireAt) },
        Core.TimerFiredEvent e => New(e) with { TaskId = e.TimerId, FireAt = Utc(e.FireAt) },
        _ => New(happened),
    };

    private static OrchestrationHistoryEvent New(
        Core.HistoryEvent e, string? name = null, string? payload = null, string? details = null) =>
        new(e.EventType.ToString(), Utc(e.Timestamp), name, payload, details);

    private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));
}
