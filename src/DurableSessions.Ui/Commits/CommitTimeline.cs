using System.Globalization;
using DurableSessions.Core.Failures;
using DurableSessions.Orchestration;

namespace DurableSessions.Ui.Commits;

/// <summary>
/// A commit's history as bars: each attempt of a step, its wait for a slot apart from its run, and each wait for a timer.
/// </summary>
/// <param name="Bars">In the order in which they began.</param>
/// <param name="From">Where the axis begins.</param>
/// <param name="To">Where it ends: the commit's end, or now.</param>
public sealed record CommitTimeline(IReadOnlyList<CommitTimeline.Bar> Bars, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>The length of the axis in the units of <see cref="At"/>.</summary>
    public const int Width = 1_000;

    /// <summary>One attempt of a step, or one wait.</summary>
    /// <param name="Name">The activity's name, or <c>wait</c>.</param>
    /// <param name="Attempt">Under its retry policy, from 1; 0 for a wait.</param>
    /// <param name="Scheduled">When it was scheduled.</param>
    /// <param name="Started">When it had its slot; <see langword="null"/>: it waits, or the engine does not record it.</param>
    /// <param name="Ended">When its result was recorded; <see langword="null"/>: it has none yet.</param>
    /// <param name="Host">The host that ran it, where the engine records it.</param>
    /// <param name="Error">Why it failed, in one of a few fixed texts; <see langword="null"/>: it has not.</param>
    public sealed record Bar(
        string Name, int Attempt, DateTimeOffset Scheduled, DateTimeOffset? Started, DateTimeOffset? Ended, string? Host, string? Error)
    {
        /// <summary>Whether it is a wait for a timer or an event, and no step.</summary>
        public bool IsWait => Attempt == 0;
    }

    /// <summary>Where a time is on the axis: 0 to <see cref="Width"/>.</summary>
    /// <param name="time">The time.</param>
    public string At(DateTimeOffset time)
    {
        double whole = Math.Max(1, (To - From).TotalMilliseconds);
        double at = Math.Clamp((time - From).TotalMilliseconds / whole, 0, 1) * Width;
        return at.ToString("0.#", CultureInfo.InvariantCulture);
    }

    /// <summary>How wide a stretch is: at least so much that it is seen.</summary>
    /// <param name="from">Where it begins.</param>
    /// <param name="to">Where it ends.</param>
    public string Length(DateTimeOffset from, DateTimeOffset to)
    {
        double whole = Math.Max(1, (To - From).TotalMilliseconds);
        return Math.Max(4, (to - from).TotalMilliseconds / whole * Width).ToString("0.#", CultureInfo.InvariantCulture);
    }

    /// <summary>The timeline of a history.</summary>
    /// <param name="history">The history, oldest first.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="now">The time.</param>
    public static CommitTimeline Of(
        IReadOnlyList<OrchestrationHistoryEvent> history, OrchestrationMetadata instance, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(instance);
        var bars = new List<Bar>();
        ILookup<(int?, bool), OrchestrationHistoryEvent> ends = history
            .Where(static e => e.EventType is "TaskCompleted" or "TaskFailed" or "TimerFired")
            .ToLookup(static e => (e.TaskId, e.EventType == "TimerFired"));
        DateTimeOffset?[] next = TimesOfNext(history);
        foreach ((int index, OrchestrationHistoryEvent entry) in history.Index())
        {
            if (entry is { EventType: "TaskScheduled", TaskId: not null })
            {
                OrchestrationHistoryEvent? end = ends[(entry.TaskId, false)].FirstOrDefault();
                string? error = end is { EventType: "TaskFailed", Details: { } details }
                    ? StepFailure.Find(details) ?? StepFailure.Other(instance.InstanceId)
                    : null;
                bars.Add(new Bar(
                    entry.Name ?? "", entry.Attempt ?? 1, entry.Timestamp, end?.StartedAt, end?.Timestamp, end?.Host, error));
            }
            else if (entry is { EventType: "TimerCreated", TaskId: not null })
            {
                // One that an event has overtaken never fires: what it waited for has come.
                DateTimeOffset? fired = ends[(entry.TaskId, true)].FirstOrDefault()?.Timestamp ?? next[index];
                bars.Add(new Bar("wait", 0, entry.Timestamp, entry.Timestamp, fired, null, null));
            }
        }

        DateTimeOffset to = instance.IsCompleted ? instance.LastUpdatedAt : now;
        return new CommitTimeline(bars, instance.CreatedAt, to > instance.CreatedAt ? to : instance.CreatedAt);
    }

    // Of each entry, when the first behind it came that an orchestrator goes on with.
    private static DateTimeOffset?[] TimesOfNext(IReadOnlyList<OrchestrationHistoryEvent> history)
    {
        var next = new DateTimeOffset?[history.Count];
        DateTimeOffset? after = null;
        for (int i = history.Count - 1; i >= 0; i--)
        {
            next[i] = after;
            if (history[i].EventType is "EventRaised" or "TaskScheduled" or "ExecutionCompleted")
            {
                after = history[i].Timestamp;
            }
        }

        return next;
    }
}
