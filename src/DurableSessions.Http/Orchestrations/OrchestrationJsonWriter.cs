using System.Globalization;
using System.Text.Json;
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
            json.WriteString("output", Redaction.Redact(failure.ErrorMessage));
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
            WriteHistory(json, history, instance.RuntimeStatus, showInput, showOutput);
        }

        json.WriteEndObject();
    }

    // As in Durable Functions, the event that ends a task contains its scheduled time and replaces its TaskScheduled event.
    private static void WriteHistory(
        Utf8JsonWriter json,
        IReadOnlyList<OrchestrationHistoryEvent> history,
        OrchestrationRuntimeStatus status,
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
            WriteEntry(json, entry, task, status, showInput, showOutput);
        }

        json.WriteEndArray();
    }

    private static void WriteEntry(
        Utf8JsonWriter json,
        OrchestrationHistoryEvent entry,
        OrchestrationHistoryEvent? scheduled,
        OrchestrationRuntimeStatus status,
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
                WriteOptional(json, "Input", showInput ? entry.Payload : null);
                break;
            case "TaskCompleted" or "TaskFailed":
                if (scheduled is not null)
                {
                    json.WriteString("ScheduledTime", FullPrecision(scheduled.Timestamp));
                    json.WriteString("FunctionName", scheduled.Name);
                    WriteOptional(json, "Input", showInput ? scheduled.Payload : null);
                }

                WriteOptional(json, "Result", showOutput ? entry.Payload : null);
                WriteReason(json, entry.Details);
                break;
            case "TimerCreated" or "TimerFired":
                if (entry.FireAt is { } fireAt)
                {
                    json.WriteString("FireAt", FullPrecision(fireAt));
                }

                break;
            case "ExecutionCompleted":
                json.WriteString("OrchestrationStatus", status.ToString());
                WriteOptional(json, "Result", showOutput ? entry.Payload : null);
                WriteReason(json, entry.Details);
                break;
            default:
                if (entry.Name is not null)
                {
                    json.WriteString("Name", entry.Name);
                }

                WriteOptional(json, "Input", showInput ? entry.Payload : null);
                WriteReason(json, entry.Details);
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteReason(Utf8JsonWriter json, string? reason)
    {
        if (reason is not null)
        {
            json.WriteString("Reason", Redaction.Redact(reason));
        }
    }

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
