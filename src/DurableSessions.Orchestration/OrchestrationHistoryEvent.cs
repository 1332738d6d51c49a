namespace DurableSessions.Orchestration;

/// <summary>One event of an instance's history, in the names of Durable Task (<c>TaskCompleted</c>, <c>TimerFired</c>, …).</summary>
/// <param name="EventType">What happened.</param>
/// <param name="Timestamp">When it was recorded.</param>
/// <param name="Name">The activity, sub-orchestration or event, where there is one.</param>
/// <param name="Payload">Input or result as JSON, where there is one.</param>
/// <param name="Details">A reason or an error message, where there is one.</param>
public sealed record OrchestrationHistoryEvent(string EventType, DateTimeOffset Timestamp, string? Name, string? Payload, string? Details)
{
    /// <summary>The id of a task or timer, which its later events refer to.</summary>
    public int? TaskId { get; init; }

    /// <summary>The time at which a timer fires.</summary>
    public DateTimeOffset? FireAt { get; init; }

    /// <summary>
    /// Of the result of an activity, when it began: since its <c>TaskScheduled</c> it waited for a slot, or for a host.
    /// <see langword="null"/>: the engine does not record it, as Durable Task does not.
    /// </summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>
    /// Of the result of an activity, the name of the host that ran it; <see langword="null"/> as <see cref="StartedAt"/>, or it was
    /// recorded by an earlier version.
    /// </summary>
    public string? Host { get; init; }

    /// <summary>
    /// Of an activity that is scheduled, or a sub-orchestration that is created, which attempt it is under its retry policy, from 1;
    /// <see langword="null"/> as <see cref="StartedAt"/>.
    /// </summary>
    public int? Attempt { get; init; }

    /// <summary>The id of a sub-orchestration that is created; <see langword="null"/>: it is another event.</summary>
    public string? InstanceId { get; init; }
}
