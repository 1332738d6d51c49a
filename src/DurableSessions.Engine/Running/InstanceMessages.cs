using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Running;

/// <summary>The messages that clients and children send to instances.</summary>
internal static class InstanceMessages
{
    private const int ReasonLength = 4_096;

    public static HistoryEntry Event(string name, object? payload, DateTimeOffset now) => New(HistoryEventType.EventRaised, now) with
    {
        Name = name,
        Payload = Payloads.Write(payload, $"payload of event '{name}'", EngineLimits.EventBytes),
    };

    public static HistoryEntry Control(HistoryEventType type, string? reason, DateTimeOffset now) => New(type, now) with
    {
        Reason = reason?.Length > ReasonLength ? reason[..ReasonLength] : reason,
    };

    /// <summary>The decided end of a child, for its parent.</summary>
    public static HistoryEntry Result(InstanceDocument child, DateTimeOffset now)
    {
        RunOutcome end = child.Decided!;
        var result = new HistoryEntry
        {
            Type = HistoryEventType.SubOrchestrationInstanceCompleted,
            Time = now,
            Task = child.Parent!.Task,
            Name = child.Name,
            Payload = end.Output,
            MessageId = child.Parent.Call,
        };
        return end.Failure is null ? result : Failed(result, end.Failure);
    }

    /// <summary>The failure of a call, or of the child that it made.</summary>
    public static HistoryEntry Failed(HistoryEntry call, TaskFailureDetails failure) => new()
    {
        Type = HistoryEventType.SubOrchestrationInstanceFailed,
        Time = call.Time,
        Task = call.Task,
        Name = call.Name,
        Failure = failure,
        MessageId = call.Call ?? call.MessageId,
    };

    public static EngineLimitException TooMany(string id) =>
        new($"Instance '{id}' has {EngineLimits.BufferedEvents} events that it has not waited for yet: that is the limit.");

    /// <summary>Whether the message would change the instance.</summary>
    /// <exception cref="EngineLimitException">There is no room for it.</exception>
    public static bool Matters(InstanceDocument instance, HistoryEntry message)
    {
        switch (message.Type)
        {
            case HistoryEventType.EventRaised:
                int waiting = instance.BufferedEvents + instance.Inbox.Count(e => e.Type == HistoryEventType.EventRaised);
                return waiting < EngineLimits.BufferedEvents ? true : throw TooMany(instance.Id);
            case HistoryEventType.ExecutionSuspended:
                return !IsSuspended(instance);
            case HistoryEventType.ExecutionResumed:
                return IsSuspended(instance);
            case HistoryEventType.SubOrchestrationInstanceCompleted or HistoryEventType.SubOrchestrationInstanceFailed:
                return instance.WaitsForCall(message.MessageId!);
            default:
                return true;
        }
    }

    private static bool IsSuspended(InstanceDocument instance) =>
        instance.Inbox.LastOrDefault(e => e.Type is HistoryEventType.ExecutionSuspended or HistoryEventType.ExecutionResumed) is { } last
            ? last.Type == HistoryEventType.ExecutionSuspended
            : instance.Status == OrchestrationRuntimeStatus.Suspended;

    private static HistoryEntry New(HistoryEventType type, DateTimeOffset now) =>
        new() { Type = type, Time = now, MessageId = Guid.NewGuid().ToString("N") };
}
