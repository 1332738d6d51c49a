namespace DurableSessions.Http.Recall;

/// <summary>One entry of a context.</summary>
/// <param name="Found">What it is.</param>
/// <param name="IsFull">Whether the text is all of it, or the line that stands for it.</param>
/// <param name="Text">The text.</param>
/// <param name="Tokens">Its estimated tokens.</param>
internal sealed record ContextEntry(Recollection Found, bool IsFull, string Text, long Tokens);
