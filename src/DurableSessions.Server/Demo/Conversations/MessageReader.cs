using System.Text.Json;
using System.Text.Json.Nodes;

namespace DurableSessions.Server.Demo.Conversations;

/// <summary>Makes messages of the entries of a file, in order, and remembers the tool of each call.</summary>
/// <param name="path">The file, for errors.</param>
internal sealed class MessageReader(string path)
{
    /// <summary>The largest message, in characters of its JSON.</summary>
    private const int MaxMessageLength = 1024 * 1024;

    private readonly Dictionary<string, string> _toolNames = [];
    private readonly List<ConversationMessage> _messages = [];

    /// <summary>What was added, in order.</summary>
    public IReadOnlyList<ConversationMessage> Messages => _messages;

    /// <summary>
    /// A line of a transcript: the message in a <c>user</c> or <c>assistant</c> entry of the main conversation, or a message as
    /// it is. Entries of other kinds, and those a person never sees, are no messages.
    /// </summary>
    /// <exception cref="ConversationException">It does not fit.</exception>
    public void AddLine(JsonElement entry, int line) => Keep(ReadLine(entry, line), line);

    /// <summary>As <see cref="AddLine"/>, without keeping it; <see langword="null"/>: the line is no message.</summary>
    /// <exception cref="ConversationException">It does not fit.</exception>
    public ConversationMessage? ReadLine(JsonElement entry, int line)
    {
        if (entry.ValueKind != JsonValueKind.Object)
        {
            throw Misfit(line, "it is no JSON object");
        }

        if (entry.TryGetProperty("role", out _))
        {
            return Read(entry, line);
        }

        if (Text(entry, "type") is "user" or "assistant" && !IsTrue(entry, "isSidechain") && !IsTrue(entry, "isMeta"))
        {
            return entry.TryGetProperty("message", out JsonElement message)
                ? Read(message, line)
                : throw Misfit(line, "it has no 'message'");
        }

        return null;
    }

    /// <summary>A message with <c>role</c> and <c>content</c>: a text, or an array of blocks.</summary>
    /// <exception cref="ConversationException">It does not fit, or there are too many.</exception>
    public void Add(JsonElement message, int line) => Keep(Read(message, line), line);

    private ConversationMessage? Read(JsonElement message, int line)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw Misfit(line, "the message is no JSON object");
        }

        if (Text(message, "role") is not { Length: > 0 } role)
        {
            throw Misfit(line, "the message has no 'role'");
        }

        if (message.GetRawText().Length > MaxMessageLength)
        {
            throw Misfit(line, $"the message is longer than {MaxMessageLength} characters");
        }

        JsonArray parts = PartsOf(message, line);
        return parts.Count > 0 ? new ConversationMessage(role, parts) : null;
    }

    private void Keep(ConversationMessage? message, int line)
    {
        if (message is null)
        {
            return;
        }

        if (_messages.Count == ConversationFile.MaxMessages)
        {
            throw Misfit(line, $"there are more than {ConversationFile.MaxMessages} messages");
        }

        _messages.Add(message);
    }

    private JsonArray PartsOf(JsonElement message, int line)
    {
        try
        {
            return ReadParts(message, line);
        }
        catch (InvalidOperationException e)
        {
            throw new ConversationException($"{path}, line {line}: a text holds half a character (an unpaired surrogate).", e);
        }
    }

    private JsonArray ReadParts(JsonElement message, int line)
    {
        if (!message.TryGetProperty("content", out JsonElement content))
        {
            throw Misfit(line, "the message has no 'content'");
        }

        switch (content.ValueKind)
        {
            case JsonValueKind.String:
                return content.GetString() is { Length: > 0 } text ? [TextPart(text)] : [];
            case JsonValueKind.Array:
                return [.. content.EnumerateArray().Select(block => Part(block, line)).OfType<JsonObject>()];
            default:
                throw Misfit(line, "'content' is neither a text nor an array of blocks");
        }
    }

    private JsonObject? Part(JsonElement block, int line)
    {
        if (block.ValueKind != JsonValueKind.Object)
        {
            throw Misfit(line, "a block of 'content' is no JSON object");
        }

        return Text(block, "type") switch
        {
            "text" => Text(block, "text") is { Length: > 0 } text ? TextPart(text) : null,
            "tool_use" => ToolUse(block, line),
            "tool_result" => ToolResult(block, line),
            null => throw Misfit(line, "a block of 'content' has no 'type'"),

            // Thinking is not part of a conversation, and the demo shows no images.
            _ => null,
        };
    }

    private JsonObject ToolUse(JsonElement block, int line)
    {
        string id = Text(block, "id") ?? throw Misfit(line, "a tool_use block has no 'id'");
        string name = Text(block, "name") ?? throw Misfit(line, "a tool_use block has no 'name'");
        _toolNames[id] = name;
        return new JsonObject
        {
            ["type"] = "tool",
            ["tool_id"] = id,
            ["tool_name"] = name,
            ["tool_status"] = "running",
            ["tool_input"] = block.TryGetProperty("input", out JsonElement input) ? JsonNode.Parse(input.GetRawText()) : null,
        };
    }

    private JsonObject ToolResult(JsonElement block, int line)
    {
        string id = Text(block, "tool_use_id") ?? throw Misfit(line, "a tool_result block has no 'tool_use_id'");
        return new JsonObject
        {
            ["type"] = "tool",
            ["tool_id"] = id,
            ["tool_name"] = _toolNames.GetValueOrDefault(id, ""),
            ["tool_status"] = IsTrue(block, "is_error") ? "error" : "completed",
            ["tool_output"] = block.TryGetProperty("content", out JsonElement output) ? Output(output) : "",
        };
    }

    private static string Output(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Join('\n', content.EnumerateArray().Select(block => Text(block, "text")).OfType<string>()),
        _ => content.GetRawText(),
    };

    private static JsonObject TextPart(string text) => new() { ["type"] = "text", ["text"] = text };

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static bool IsTrue(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private ConversationException Misfit(int line, string problem) => new($"{path}, line {line}: {problem}.");
}
