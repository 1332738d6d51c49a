using DurableSessions.Orchestration;
using Core = global::DurableTask.Core.History;

namespace DurableSessions.DurableTask;

/// <summary>Durable Task's history in the port's words, which are the same.</summary>
internal static class DurableHistory
{
    public static OrchestrationHistoryEvent Translate(Core.HistoryEvent happened)
    {
        (string? name, string? payload, string? details) = happened switch
        {
            Core.ExecutionStartedEvent e => (e.Name, e.Input, null),
            Core.ExecutionCompletedEvent e => (null, e.Result, e.FailureDetails?.ErrorMessage),
            Core.ExecutionTerminatedEvent e => (null, null, e.Input),
            Core.ExecutionSuspendedEvent e => (null, null, e.Reason),
            Core.ExecutionResumedEvent e => (null, null, e.Reason),
            Core.EventRaisedEvent e => (e.Name, e.Input, null),
            Core.TaskScheduledEvent e => (e.Name, e.Input, null),
            Core.TaskCompletedEvent e => (null, e.Result, null),
            Core.TaskFailedEvent e => (null, null, e.FailureDetails?.ErrorMessage ?? e.Reason),
            _ => ((string?)null, (string?)null, (string?)null),
        };
        return new OrchestrationHistoryEvent(
            happened.EventType.ToString(), Utc(happened.Timestamp), name, payload, details)
        {
            TaskId = happened switch
            {
                Core.TaskScheduledEvent or Core.TimerCreatedEvent => happened.EventId,
                Core.TaskCompletedEvent e => e.TaskScheduledId,
                Core.TaskFailedEvent e => e.TaskScheduledId,
                Core.TimerFiredEvent e => e.TimerId,
                _ => null,
            },
            FireAt = happened switch
            {
                Core.TimerCreatedEvent e => Utc(e.FireAt),
                Core.TimerFiredEvent e => Utc(e.FireAt),
                _ => null,
            },
        };
    }

    private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));
}
