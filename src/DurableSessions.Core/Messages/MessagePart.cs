using System.Text.Json;

namespace DurableSessions.Core.Messages;

/// <summary>One part of a message. A type this service does not know is kept as it came.</summary>
/// <param name="Json">The part, whole.</param>
public readonly record struct MessagePart(JsonElement Json)
{
    /// <summary><c>text</c>, <c>context</c>, <c>image_url</c>, <c>tool</c>, or what the client sent; empty where it sent none.</summary>
    public string Type => String("type") ?? "";

    /// <summary>The text of a <c>text</c> part.</summary>
    public string? Text => String("text");

    /// <summary>The abstract of a <c>context</c> part.</summary>
    public string? Abstract => String("abstract");

    /// <summary>The tool's name, of a <c>tool</c> part.</summary>
    public string? ToolName => String("tool_name");

    /// <summary>The call's id, of a <c>tool</c> part.</summary>
    public string? ToolId => String("tool_id");

    /// <summary>What the tool was given, any JSON.</summary>
    public JsonElement? ToolInput => Property("tool_input");

    /// <summary>What the tool answered, any JSON; most often a string.</summary>
    public JsonElement? ToolOutput => Property("tool_output");

    /// <summary>How the call ended, of a <c>tool</c> part: <c>completed</c>, <c>error</c>, ….</summary>
    public string? ToolStatus => String("tool_status");

    private string? String(string name) =>
        Property(name) is { ValueKind: JsonValueKind.String } value ? JsonStrings.TextOf(value) : null;

    private JsonElement? Property(string name) =>
        Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
}
