using System.Text.Json;

namespace DurableSessions.Core.Messages;

/// <summary>
/// One part of a message: a slice of the stored line, and where its known properties are in it. A type this service does not know is kept
/// as it came.
/// </summary>
/// <remarks>A property is decoded each time it is asked for, and takes at most twice as many bytes as in the line.</remarks>
public readonly struct MessagePart
{
    private readonly MessageValue _type;
    private readonly MessageValue _text;
    private readonly MessageValue _abstract;
    private readonly MessageValue _toolName;
    private readonly MessageValue _toolId;
    private readonly MessageValue _toolInput;
    private readonly MessageValue _toolOutput;
    private readonly MessageValue _toolStatus;

    /// <summary>Reads the value at the start of <paramref name="json"/>, which is valid, and may go on behind the value.</summary>
    internal MessagePart(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, JsonStrings.ReaderOptions);
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            // Of a name that comes twice the last value counts.
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (JsonStrings.IsName(ref reader, "type"u8))
                {
                    _type = MessageValue.Read(ref reader, json);
                }
                else if (JsonStrings.IsName(ref reader, "text"u8))
                {
                    _text = MessageValue.Read(ref reader, json);
                }
                else if (JsonStrings.IsName(ref reader, "abstract"u8))
                {
                    _abstract = MessageValue.Read(ref reader, json);
                }
                else if (JsonStrings.IsName(ref reader, "tool_name"u8))
                {
                    _toolName = MessageValue.Read(ref reader, json);
                }
                else if (JsonStrings.IsName(ref reader, "tool_id"u8))
                {
                    _toolId = MessageValue.Read(ref reader, json);
                }
                else if (JsonStrings.IsName(ref reader, "tool_input"u8))
                {
                    _toolInput = MessageValue.Read(ref reader, json);
                }
                else if (JsonStrings.IsName(ref reader, "tool_output"u8))
                {
                    _toolOutput = MessageValue.Read(ref reader, json);
                }
                else if (JsonStrings.IsName(ref reader, "tool_status"u8))
                {
                    _toolStatus = MessageValue.Read(ref reader, json);
                }
                else
                {
                    reader.Skip();
                }
            }
        }

        reader.Skip();
        Utf8 = json[..(int)reader.BytesConsumed];
    }

    /// <summary>The part's JSON, whole, in UTF-8.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    /// <summary><c>text</c>, <c>context</c>, <c>image_url</c>, <c>tool</c>, or what the client sent; empty where it sent none.</summary>
    public string Type => IsTool ? "tool" : _type.Utf8.Span.SequenceEqual("\"text\""u8) ? "text" : String(_type) ?? "";

    /// <summary>The text of a <c>text</c> part.</summary>
    public string? Text => String(_text);

    /// <summary>The abstract of a <c>context</c> part.</summary>
    public string? Abstract => String(_abstract);

    /// <summary>The tool's name, of a <c>tool</c> part.</summary>
    public string? ToolName => String(_toolName);

    /// <summary>The call's id, of a <c>tool</c> part.</summary>
    public string? ToolId => String(_toolId);

    /// <summary>What the tool was given, any JSON.</summary>
    public MessageValue? ToolInput => Any(_toolInput);

    /// <summary>What the tool answered, any JSON; most often a string.</summary>
    public MessageValue? ToolOutput => Any(_toolOutput);

    /// <summary>How the call ended, of a <c>tool</c> part: <c>completed</c>, <c>error</c>, ….</summary>
    public string? ToolStatus => String(_toolStatus);

    /// <summary>Whether <see cref="Type"/> is <c>tool</c>.</summary>
    internal bool IsTool => _type.Utf8.Span.SequenceEqual("\"tool\""u8) || (_type.Utf8.Length > 6 && String(_type) == "tool");

    /// <summary>What <see cref="TokenEstimate"/> counts of it, in quarters of a token.</summary>
    internal long Quarters() =>
        StringQuarters(_text) + StringQuarters(_abstract) + StringQuarters(_toolId) + StringQuarters(_toolName)
        + AnyQuarters(_toolInput) + AnyQuarters(_toolOutput);

    /// <summary>Adds the values that can be shortened for a model, whatever their kind, except <c>null</c>.</summary>
    internal void AddLongValues(List<MessageValue> values)
    {
        foreach (MessageValue value in (ReadOnlySpan<MessageValue>)[_text, _abstract, _toolOutput, _toolInput])
        {
            if (value.IsSet)
            {
                values.Add(value);
            }
        }
    }

    private static string? String(MessageValue value) => value.IsString ? value.Text() : null;

    private static MessageValue? Any(MessageValue value) => value.IsSet ? value : null;

    private static long StringQuarters(MessageValue value) => value.IsString ? value.Quarters() : 0;

    private static long AnyQuarters(MessageValue value) => value.IsSet ? value.Quarters() : 0;
}
