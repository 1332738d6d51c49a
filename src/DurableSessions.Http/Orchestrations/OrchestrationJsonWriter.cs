using System.Globalization;
using System.Text.Json;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Failures;
using DurableSessions.Orchestration;

namespace DurableSessions.Http.Orchestrations;

/// <summary>
/// Writes instances as Durable Functions does: camelCase, times in whole seconds, history events in PascalCase. Secrets in error messages
/// are redacted.
/// </summary>
internal static class OrchestrationJsonWriter
{
    public static void Write(
        Utf8JsonWriter json,
        OrchestrationMetadata instance,
        bool showInput,
        IReadOnlyList<OrchestrationHistoryEvent>? history,
        bool showOutput)
    {
        json.WriteStartObject();
        json.WriteString("name", instance.Name);
        json.WriteString("instanceId", instance.InstanceId);
        json.WriteString("runtimeStatus", instance.RuntimeStatus.ToString());
        WriteJson(json, "input", showInput ? instance.SerializedInput : null);
        WriteJson(json, "customStatus", instance.SerializedCustomStatus);
        if (instance.FailureDetails is { } failure)
        {
            json.WriteString("output", Failure(instance, failure.ErrorMessage, $"{failure.ErrorType}: "));
        }
        else
        {
            WriteJson(json, "output", instance.SerializedOutput);
        }

        json.WriteString("createdTime", Seconds(instance.CreatedAt));
        json.WriteString("lastUpdatedTime", Seconds(instance.LastUpdatedAt));
        if (history is null)
        {
            json.WriteNull("historyEvents");
        }
        else
        {
            WriteHistory(json, instance, history, showInput, showOutput);
        }

        json.WriteEndObject();
    }

    // As in Durable Functions, the event that ends a task contains its scheduled time and replaces its TaskScheduled event.
    private static void WriteHistory(
        Utf8JsonWriter json,
        OrchestrationMetadata instance,
        IReadOnlyList<OrchestrationHistoryEvent> history,
        bool showInput,
        bool showOutput)
    {
        Dictionary<int, OrchestrationHistoryEvent> scheduled = [];
        foreach (OrchestrationHistoryEvent task in history.Where(static e => e is { EventType: "TaskScheduled", TaskId: not null }))
        {
            scheduled[task.TaskId!.Value] = task;
        }

        HashSet<int> ended =
        [
            .. history.Where(static e => e is { EventType: "TaskCompleted" or "TaskFailed", TaskId: not null })
                .Select(static e => e.TaskId!.Value),
        ];
        json.WriteStartArray("historyEvents");
        foreach (OrchestrationHistoryEvent entry in history.Where(
            e => e.EventType != "TaskScheduled" || e.TaskId is not { } id || !ended.Contains(id)))
        {
            OrchestrationHistoryEvent? task = entry.TaskId is { } id ? scheduled.GetValueOrDefault(id) : null;
            WriteEntry(json, instance, entry, task, showInput, showOutput);
        }

        json.WriteEndArray();
    }

    private static void WriteEntry(
        Utf8JsonWriter json,
        OrchestrationMetadata instance,
        OrchestrationHistoryEvent entry,
        OrchestrationHistoryEvent? scheduled,
        bool showInput,
        bool showOutput)
    {
        json.WriteStartObject();
        json.WriteString("EventType", entry.EventType);
        json.WriteString("Timestamp", FullPrecision(entry.Timestamp));
        switch (entry.EventType)
        {
            case "ExecutionStarted":
                json.WriteString("FunctionName", entry.Name);
                WriteOptional(json, "Input", showInput ? entry.Payload : null);
                break;
            case "TaskScheduled":
                json.WriteString("Name", entry.Name);
                WriteAttempt(json, entry);
                WriteOptional(json, "Input", showInput ? entry.Payload : null);
                break;
            case "TaskCompleted" or "TaskFailed":
                if (scheduled is not null)
                {
                    json.WriteString("ScheduledTime", FullPrecision(scheduled.Timestamp));
                    if (entry.StartedAt is { } started)
                    {
                        json.WriteString("StartedTime", FullPrecision(started));
                    }

                    if (entry.Host is { } host)
                    {
                        json.WriteString("Host", host);
                    }

                    WriteAttempt(json, scheduled);
                    json.WriteString("FunctionName", scheduled.Name);
                    WriteOptional(json, "Input", showInput ? scheduled.Payload : null);
                }

                WriteOptional(json, "Result", showOutput ? entry.Payload : null);
                WriteReason(json, entry.Details is { } failure ? Failure(instance, failure) : null);
                break;
            case "TimerCreated" or "TimerFired":
                if (entry.FireAt is { } fireAt)
                {
                    json.WriteString("FireAt", FullPrecision(fireAt));
                }

                break;
            case "ExecutionCompleted":
                json.WriteString("OrchestrationStatus", instance.RuntimeStatus.ToString());
                WriteOptional(json, "Result", showOutput ? entry.Payload : null);
                WriteReason(json, entry.Details is { } end ? Failure(instance, end) : null);
                break;
            default:
                if (entry.Name is not null)
                {
                    json.WriteString("Name", entry.Name);
                }

                WriteOptional(json, "Input", showInput ? entry.Payload : null);
                WriteReason(json, entry.Details is { } reason ? Redaction.Redact(reason) : null);
                break;
        }

        json.WriteEndObject();
    }

    // Neither is Durable Functions': an engine of its does not record them.
    private static void WriteAttempt(Utf8JsonWriter json, OrchestrationHistoryEvent scheduled)
    {
        if (scheduled.Attempt is { } attempt)
        {
            json.WriteNumber("Attempt", attempt);
        }
    }

    private static void WriteReason(Utf8JsonWriter json, string? reason)
    {
        if (reason is not null)
        {
            json.WriteString("Reason", reason);
        }
    }

    // The history of a commit of an earlier version has the messages of exceptions, which may have a model's words in them. The reason of
    // a termination is an operator's.
    private static string Failure(OrchestrationMetadata instance, string message, string type = "") =>
        instance.Name == CommitNames.Orchestrator && instance.RuntimeStatus != OrchestrationRuntimeStatus.Terminated
            ? StepFailure.Find(message) ?? type + StepFailure.Other(instance.InstanceId)
            : Redaction.Redact(message);

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            WriteJson(json, name, value);
        }
    }

    private static void WriteJson(Utf8JsonWriter json, string name, string? value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value ?? "null");
    }

    private static string Seconds(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string FullPrecision(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
