using System.Text.Json;
using DurableSessions.Core.Messages;

namespace DurableSessions.Semantics.Extractive;

/// <summary>A string or an object in a tool's input.</summary>
internal sealed class InputValue
{
    /// <summary>As much of a key is kept: far more than any that a reader knows.</summary>
    private const int MaxKey = 1_000;

    /// <summary>The name of the property that holds it, or the array that it is in.</summary>
    public required string Key { get; init; }

    /// <summary>The string; none of an object.</summary>
    public MessageValue? Text { get; init; }

    /// <summary>The string <c>content</c> of an object.</summary>
    public MessageValue? Content { get; private set; }

    /// <summary>The string <c>status</c> of an object.</summary>
    public MessageValue? Status { get; private set; }

    /// <summary>
    /// The first <paramref name="count"/> values of an input in the order of its JSON, without those that are no strings or objects. It is
    /// read once, and only these are kept of it.
    /// </summary>
    public static List<InputValue> FirstOf(MessageValue input, int count)
    {
        List<InputValue> found = [];
        var around = new Stack<(InputValue? Object, string Key)>();
        var reader = new Utf8JsonReader(input.Utf8.Span, new JsonReaderOptions { MaxDepth = MessageLimits.MaxStoredDepth });
        string name = "";
        string? known = null;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                known = JsonStrings.IsName(ref reader, "content"u8) ? "content"
                    : JsonStrings.IsName(ref reader, "status"u8) ? "status"
                    : null;
                name = known ?? (count > 0 ? Clip.Ends(JsonStrings.TextOf(ref reader), MaxKey, 0) : "");
                continue;
            }

            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                around.Pop();
                continue;
            }

            (InputValue? holder, string key) = around.TryPeek(out (InputValue? Object, string Key) outer) ? outer : (null, "");
            key = holder is null ? key : name;
            MessageValue? text = reader.TokenType == JsonTokenType.String
                ? new MessageValue(input.Utf8[(int)reader.TokenStartIndex..(int)reader.BytesConsumed])
                : null;
            holder?.SetKnown(known, text);
            if (count <= 0)
            {
                reader.Skip();
                continue;
            }

            count--;
            InputValue? value = text is not null || reader.TokenType == JsonTokenType.StartObject
                ? new InputValue { Key = key, Text = text }
                : null;
            if (value is not null)
            {
                found.Add(value);
            }

            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                around.Push((value, key));
            }
        }

        return found;
    }

    // Of a name that comes twice the last value counts.
    private void SetKnown(string? name, MessageValue? text)
    {
        Content = name == "content" ? text : Content;
        Status = name == "status" ? text : Status;
    }
}
