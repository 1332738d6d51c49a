using System.Text.Json.Serialization;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>
/// One thing that happened. What comes from outside (a result, an event) is followed at once by what the orchestrator did
/// in answer (tasks scheduled, timers created): a replay compares the two, entry by entry.
/// </summary>
internal sealed record HistoryEntry
{
    public required HistoryEventType Type { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>The number of the task or timer: counted by the order in which the orchestrator made them.</summary>
    public int? Task { get; init; }

    /// <summary>Of the activity or event.</summary>
    public string? Name { get; init; }

    /// <summary>Input, result or event payload; <see langword="null"/> stands for JSON's null.</summary>
    [JsonConverter(typeof(RawJsonConverter))]
    public string? Payload { get; init; }

    public TaskFailureDetails? Failure { get; init; }

    public DateTimeOffset? FireAt { get; init; }

    /// <summary>Why an operator did it.</summary>
    public string? Reason { get; init; }

    /// <summary>Of a message from a client: by it, a client whose answer was lost finds that the message arrived.</summary>
    public string? MessageId { get; init; }

    /// <summary>Whether the orchestrator did this, rather than the world.</summary>
    [JsonIgnore]
    public bool IsAction => Type is HistoryEventType.TaskScheduled or HistoryEventType.TimerCreated;

    public override string ToString() => Type switch
    {
        HistoryEventType.TaskScheduled => $"activity '{Name}' (task {Task})",
        HistoryEventType.TimerCreated => $"a timer (task {Task})",
        _ => $"{Type}",
    };
}
