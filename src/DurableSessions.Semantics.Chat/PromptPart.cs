using System.Text.Json.Serialization;

namespace DurableSessions.Semantics.Chat;

/// <summary>A part of a message as the prompt contains it; texts are shortened where they are long.</summary>
/// <param name="Type">
/// <c>text</c>: its author's words; <c>tool</c>: a call; <c>context</c>: material that a client retrieved; <c>other</c>: a part that has
/// no text; <c>omitted</c>: parts that there was no room for.
/// </param>
internal sealed record PromptPart(string Type)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Input { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Output { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Text { get; init; }

    /// <summary>Whether it is its author's words.</summary>
    [JsonIgnore]
    public bool IsText => Type == "text";

    /// <summary>Whether a tool or a client's retrieval gave it, in any message.</summary>
    [JsonIgnore]
    public bool IsMaterial => Type is "tool" or "context";

    /// <summary>The part with each text changed.</summary>
    public PromptPart Shorten(Func<string, string> shorten) => this with
    {
        Input = Input is null ? null : shorten(Input),
        Output = Output is null ? null : shorten(Output),
        Text = Text is null ? null : shorten(Text),
    };
}
