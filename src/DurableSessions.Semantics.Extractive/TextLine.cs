namespace DurableSessions.Semantics.Extractive;

/// <summary>A line of running text.</summary>
/// <param name="Text">Clean, not empty.</param>
/// <param name="IsHeading">Whether it was a Markdown heading.</param>
/// <param name="IsItem">Whether it was an item of a list.</param>
internal readonly record struct TextLine(string Text, bool IsHeading, bool IsItem)
{
    /// <summary>Whether it was quoted, as what another has said.</summary>
    public bool IsQuote { get; init; }
}
