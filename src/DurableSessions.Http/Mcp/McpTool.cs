using System.Text.Json;
using DurableSessions.Http.Requests;
using ModelContextProtocol.Protocol;

namespace DurableSessions.Http.Mcp;

/// <summary>One tool.</summary>
/// <param name="Tool">Its name, what it is for, and its arguments.</param>
/// <param name="Changes">Whether it changes something: a read-only key does not open it.</param>
/// <param name="CallAsync">Answers a call of it, as text.</param>
internal sealed record McpTool(Tool Tool, bool Changes, Func<ToolCall, JsonField, CancellationToken, Task<string>> CallAsync)
{
    /// <summary>A tool whose arguments are these properties of a JSON schema.</summary>
    public static McpTool Of(
        string name, string description, string properties, string[] required, bool changes,
        Func<ToolCall, JsonField, CancellationToken, Task<string>> callAsync) =>
        new(
            new Tool
            {
                Name = name,
                Description = description,
                InputSchema = JsonDocument.Parse(
                    $$"""{"type":"object","properties":{{{properties}}},"required":{{JsonSerializer.Serialize(required)}}}""").RootElement,
                Annotations = new ToolAnnotations { ReadOnlyHint = !changes, DestructiveHint = name == "forget", OpenWorldHint = false },
            },
            changes,
            callAsync);
}
