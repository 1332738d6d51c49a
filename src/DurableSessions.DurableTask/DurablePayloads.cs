using System.Text.Json;
using DurableSessions.Orchestration;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Converters;

namespace DurableSessions.DurableTask;

/// <summary>
/// Payloads cross to Durable Task as JSON that has been written already: what is stored is what <see cref="OrchestrationJson"/> writes,
/// whatever a host's own converter would make of our types.
/// </summary>
public static class DurablePayloads
{
    /// <summary>Keeps payloads as they are, character by character. A host that cannot set it stores the same JSON, escaped otherwise.</summary>
    public static DataConverter Converter { get; } = new JsonDataConverter(OrchestrationJson.Options);

    internal static JsonElement? Write(object? value) =>
        value is null ? null : JsonSerializer.SerializeToElement(value, value.GetType(), OrchestrationJson.Options);

    internal static T? Read<T>(JsonElement? json) => json is { } value ? value.Deserialize<T>(OrchestrationJson.Options) : default;

    internal static object? Read(JsonElement? json, Type type) => json is { } value ? value.Deserialize(type, OrchestrationJson.Options)
        : type.IsValueType ? Activator.CreateInstance(type)
        : null;
}
