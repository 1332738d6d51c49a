using System.Text;
using System.Text.Json;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>Inputs, results and events as JSON: web defaults, enums as strings, by the type the value has when it is written.</summary>
internal static class Payloads
{
    private static readonly JsonSerializerOptions Options = OrchestrationJson.Options;

    /// <summary>A value as JSON; <see langword="null"/> for JSON's null.</summary>
    /// <exception cref="EngineLimitException">The JSON is longer than <paramref name="limit"/> bytes.</exception>
    public static string? Write(object? value, string what, int limit)
    {
        if (value is null)
        {
            return null;
        }

        string json = JsonSerializer.Serialize(value, value.GetType(), Options);
        int bytes = Encoding.UTF8.GetByteCount(json);
        return bytes > limit
            ? throw new EngineLimitException($"The {what} is {bytes} bytes of JSON; the limit is {limit}.")
            : json == "null" ? null : json;
    }

    public static T? Read<T>(string? json) => json is null ? default : JsonSerializer.Deserialize<T>(json, Options);

    public static object? Read(string? json, Type type) =>
        json is not null ? JsonSerializer.Deserialize(json, type, Options)
        : type.IsValueType ? Activator.CreateInstance(type)
        : null;
}
