using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Replay;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Running;

/// <summary>The documents that an owner writes: the checkpoint of an instance that runs, and one that has ended.</summary>
internal static class InstanceWrites
{
    /// <summary>The instance with the state of the run.</summary>
    /// <param name="stored">The instance as it was last written.</param>
    /// <param name="run">The run.</param>
    /// <param name="overLimit">Whether the history stays as it was last stored: what went beyond the limit is never stored.</param>
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
            IsContinued = null,
        };
    }

    /// <summary>The checkpoint of a child that says how it ends. What went beyond a limit is not in it.</summary>
    /// <inheritdoc cref="Checkpoint"/>
    public static InstanceDocument Decided(InstanceDocument stored, OrchestrationRun run, bool overLimit, DateTimeOffset now) =>
        Checkpoint(stored, run, overLimit, now) with
        {
            CustomStatus = overLimit ? stored.CustomStatus : run.CustomStatus,
            Decided = run.Outcome,
        };

    /// <summary>The instance as it begins again. What the next run is to receive is in its inbox, as if it had come only now.</summary>
    /// <param name="stored">The instance as it was last written.</param>
    /// <param name="run">The run; it has a continuation.</param>
    /// <param name="now">When it is written.</param>
    public static InstanceDocument Continued(InstanceDocument stored, OrchestrationRun run, DateTimeOffset now)
    {
        string write = InstanceDocument.NewWriteId();
        string[] remembered = [.. (stored.Taken ?? []).Concat(run.Taken).TakeLast(EngineLimits.RememberedMessages)];
        return stored with
        {
            Status = OrchestrationRuntimeStatus.Running,
            Input = run.Continuation!.Input,
            CustomStatus = null,
            Updated = now,
            WriteId = write,
            CheckpointId = write,
            History =
            [
                new HistoryEntry
                {
                    Type = HistoryEventType.ExecutionStarted,
                    Time = now > run.LastTime ? now : run.LastTime,
                    Name = stored.Name,
                },
            ],
            Inbox = run.ForNext,
            BufferedEvents = 0,
            Taken = remembered.Length == 0 ? null : remembered,
            ChildrenBelow = null,
            IsContinued = true,
        };
    }

    /// <summary>The checkpoint with which the owner keeps the instance.</summary>
    public static InstanceDocument OwnedBy(this InstanceDocument checkpoint, string owner, DateTimeOffset until) =>
        checkpoint with { Owner = owner, OwnedUntil = until, NextDue = null, WaitsFor = null };

    /// <summary>The checkpoint with which the owner gives the instance back.</summary>
    /// <param name="checkpoint">The instance.</param>
    /// <param name="nextDue">When a host has something to do with it; <see langword="null"/>: not before a message arrives.</param>
    public static InstanceDocument GivenBack(this InstanceDocument checkpoint, DateTimeOffset? nextDue) =>
        checkpoint with { Owner = null, OwnedUntil = null, NextDue = nextDue, WaitsFor = null };

    /// <summary>The checkpoint with which the owner gives the instance back until a host has a slot for one of its activities.</summary>
    /// <param name="checkpoint">The instance.</param>
    /// <param name="activities">The names of the activities.</param>
    /// <param name="timer">When its next timer fires, later than <paramref name="now"/>; <see langword="null"/>: it has none.</param>
    /// <param name="now">When it is written.</param>
    public static InstanceDocument Parked(
        this InstanceDocument checkpoint, IReadOnlyList<string> activities, DateTimeOffset? timer, DateTimeOffset now) =>
        checkpoint.GivenBack(timer ?? now) with { WaitsFor = activities };

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
            Decided = null,
            ChildrenBelow = null,
            IsContinued = null,
        };
    }
}
