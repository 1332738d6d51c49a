using System.Text.Encodings.Web;
using System.Text.Json;

namespace DurableSessions.Server.Clients;

/// <summary>What a client reads of JSON.</summary>
internal static class Json
{
    /// <summary>How deep an answer may nest: a stored message within its envelope.</summary>
    public const int MaxDepth = 512;

    /// <summary>Text as it is, for files and pipes; control characters are escaped.</summary>
    public static JsonSerializerOptions Readable { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        MaxDepth = MaxDepth,
    };

    /// <summary>The same on one line.</summary>
    public static JsonSerializerOptions Line { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = MaxDepth,
    };

    /// <summary>A property as people read it; empty where there is none.</summary>
    public static string Text(JsonElement element, string name) => Find(element, name) is { } value
        ? value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText()
        : "";

    /// <summary>A number, or 0.</summary>
    public static long Number(JsonElement element, string name) =>
        Find(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out long number) ? number : 0;

    /// <summary>A property that is there and not null.</summary>
    public static JsonElement? Find(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out JsonElement value)
        && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
}
