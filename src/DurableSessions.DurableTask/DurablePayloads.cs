using System.Text.Json;
using DurableSessions.Orchestration;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Converters;

namespace DurableSessions.DurableTask;

/// <summary>
/// Passes payloads to Durable Task as serialized JSON: histories contain what <see cref="OrchestrationJson"/> writes, also where the data
/// converter of the host would write these types differently.
/// </summary>
public static class DurablePayloads
{
    /// <summary>
    /// A data converter that keeps payloads character by character. A host that cannot set it stores the same JSON with other escapes.
    /// </summary>
    public static DataConverter Converter { get; } = new JsonDataConverter(OrchestrationJson.Options);

    internal static JsonElement? Write(object? value) =>
        value is null ? null : JsonSerializer.SerializeToElement(value, value.GetType(), OrchestrationJson.Options);

    /// <summary>
    /// Text that is no JSON is not from an orchestrator: each of them writes its custom status with <see cref="Write"/>.
    /// </summary>
    internal static string? JsonOrNull(string? text)
    {
        try
        {
            using JsonDocument? json = string.IsNullOrEmpty(text) ? null : JsonDocument.Parse(text);
            return json is null ? null : NothingIfNull(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A host without <see cref="Converter"/> may store JSON's null in place of nothing.</summary>
    internal static string? NothingIfNull(string? json) => json == "null" ? null : json;

    internal static T? Read<T>(JsonElement? json) => json is { } value ? value.Deserialize<T>(OrchestrationJson.Options) : default;

    internal static object? Read(JsonElement? json, Type type) => json is { } value ? value.Deserialize(type, OrchestrationJson.Options)
        : type.IsValueType ? Activator.CreateInstance(type) : null;
}
