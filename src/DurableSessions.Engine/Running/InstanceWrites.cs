using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Replay;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Running;

/// <summary>What an owner writes: an instance on its way, and one that is over.</summary>
internal static class InstanceWrites
{
    /// <summary>The instance as the run has made it.</summary>
    /// <param name="stored">What was last written.</param>
    /// <param name="run">The run.</param>
    /// <param name="overLimit">The history that was last stored stands: what went beyond the limit never is.</param>
    /// <param name="now">When it is written.</param>
    public static InstanceDocument Checkpoint(InstanceDocument stored, OrchestrationRun run, bool overLimit, DateTimeOffset now)
    {
        string write = InstanceDocument.NewWriteId();
        return stored with
        {
            Status = run.IsSuspended ? OrchestrationRuntimeStatus.Suspended : OrchestrationRuntimeStatus.Running,
            CustomStatus = run.CustomStatus,
            Updated = now,
            WriteId = write,
            CheckpointId = write,
            History = overLimit ? stored.History : [.. run.History],
            Inbox = [],
            BufferedEvents = run.BufferedEvents,
        };
    }

    /// <summary>The same in the hands of its owner.</summary>
    public static InstanceDocument OwnedBy(this InstanceDocument checkpoint, string owner, DateTimeOffset until) =>
        checkpoint with { Owner = owner, OwnedUntil = until, NextDue = null };

    /// <summary>The same, given back.</summary>
    /// <param name="checkpoint">The instance.</param>
    /// <param name="nextDue">When a host has something to do with it; <see langword="null"/>: not before a message arrives.</param>
    public static InstanceDocument GivenBack(this InstanceDocument checkpoint, DateTimeOffset? nextDue) =>
        checkpoint with { Owner = null, OwnedUntil = null, NextDue = nextDue };

    /// <summary>The instance as it has ended.</summary>
    /// <inheritdoc cref="Checkpoint"/>
    public static InstanceDocument Final(InstanceDocument stored, OrchestrationRun run, bool overLimit, DateTimeOffset now)
    {
        RunOutcome outcome = run.Outcome!;
        var end = new HistoryEntry
        {
            Type = HistoryEventType.ExecutionCompleted,
            Time = now > run.LastTime ? now : run.LastTime,
            Failure = outcome.Failure is null ? null : outcome.Failure with { StackTrace = null },
        };
        IReadOnlyList<HistoryEntry> history = overLimit ? stored.History : run.History;
        return stored.GivenBack(nextDue: null) with
        {
            Status = outcome.Status,
            Output = outcome.Output,
            Failure = outcome.Failure,
            CustomStatus = overLimit ? stored.CustomStatus : run.CustomStatus,
            Updated = end.Time,
            WriteId = InstanceDocument.NewWriteId(),
            History = outcome.Status == OrchestrationRuntimeStatus.Terminated ? [.. history] : [.. history, end],
            Inbox = [],
            BufferedEvents = 0,
        };
    }
}
