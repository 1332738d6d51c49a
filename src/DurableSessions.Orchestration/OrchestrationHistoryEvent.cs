namespace DurableSessions.Orchestration;

/// <summary>One entry of an instance's history, in the names of Durable Task (<c>TaskCompleted</c>, <c>TimerFired</c>, …).</summary>
/// <param name="EventType">What happened.</param>
/// <param name="Timestamp">When it was recorded.</param>
/// <param name="Name">The activity or event, where there is one.</param>
/// <param name="Payload">Input or result as JSON, where there is one.</param>
/// <param name="Details">A reason or an error message, where there is one.</param>
public sealed record OrchestrationHistoryEvent(string EventType, DateTimeOffset Timestamp, string? Name, string? Payload, string? Details)
{
    /// <summary>Of a task or a timer: the number by which what became of it is known to belong to it.</summary>
    public int? TaskId { get; init; }

    /// <summary>Of a timer: when it fires, or was to fire.</summary>
    public DateTimeOffset? FireAt { get; init; }
}
