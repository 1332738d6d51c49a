using System.Text.Json.Serialization;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>
/// One entry of a history. An entry from outside (a result, an event) is followed at once by what the orchestrator did in
/// answer (tasks scheduled, timers created): a replay compares these, entry by entry.
/// </summary>
internal sealed record HistoryEntry
{
    public required HistoryEventType Type { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>The number of the task or timer, from 0, in the order in which the orchestrator made them.</summary>
    public int? Task { get; init; }

    /// <summary>The name of the activity, orchestrator or event.</summary>
    public string? Name { get; init; }

    /// <summary>Input, result or event payload; <see langword="null"/> stands for JSON's null.</summary>
    [JsonConverter(typeof(RawJsonConverter))]
    public string? Payload { get; init; }

    public TaskFailureDetails? Failure { get; init; }

    /// <summary>Of a result, when the activity had its slot and began, by the clock of its host.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Of a result, the name of the host that ran the activity.</summary>
    public string? Host { get; init; }

    /// <summary>Of a sub-orchestration that is created, the id of its instance.</summary>
    public string? InstanceId { get; init; }

    /// <summary>
    /// Of a sub-orchestration that is created, an id that is drawn for this call alone. The checkpoint with it comes before the child. The
    /// child's result has it as <see cref="MessageId"/>: results that this run has not asked for are recognised by it.
    /// </summary>
    public string? Call { get; init; }

    /// <summary>
    /// Of an activity or sub-orchestration that is scheduled, which attempt it is under its retry policy; <see langword="null"/>: the
    /// first.
    /// </summary>
    public int? Attempt { get; init; }

    public DateTimeOffset? FireAt { get; init; }

    /// <summary>The reason that an operator gave.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// The id of a message from a client, or from a child: by it a sender whose answer was lost finds its message in the instance.
    /// </summary>
    public string? MessageId { get; init; }

    /// <summary>Whether the orchestrator made this entry; otherwise it came from outside.</summary>
    [JsonIgnore]
    public bool IsAction => Type
        is HistoryEventType.TaskScheduled or HistoryEventType.TimerCreated or HistoryEventType.SubOrchestrationInstanceCreated;

    /// <summary>Whether it is the result of a child.</summary>
    [JsonIgnore]
    public bool IsFromChild =>
        Type is HistoryEventType.SubOrchestrationInstanceCompleted or HistoryEventType.SubOrchestrationInstanceFailed;

    public override string ToString() => Type switch
    {
        HistoryEventType.TaskScheduled => $"activity '{Name}' (task {Task})",
        HistoryEventType.SubOrchestrationInstanceCreated => $"sub-orchestration '{Name}' (task {Task})",
        HistoryEventType.TimerCreated => $"a timer (task {Task})",
        _ => $"{Type}",
    };
}
