namespace DurableSessions.Engine.Instances;

/// <summary>What can happen in an instance, in the names of Durable Task.</summary>
internal enum HistoryEventType
{
    ExecutionStarted,
    TaskScheduled,
    TaskCompleted,
    TaskFailed,
    TimerCreated,
    TimerFired,
    EventRaised,
    ExecutionSuspended,
    ExecutionResumed,
    ExecutionTerminated,
    ExecutionCompleted,
}
