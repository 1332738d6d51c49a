namespace DurableSessions.Semantics.Chat;

/// <summary>A message as the prompt contains it.</summary>
/// <param name="Role">The role of its author.</param>
/// <param name="At">Its time, as the client wrote it.</param>
/// <param name="Text">Its text, shortened where it is long.</param>
internal sealed record PromptMessage(string Role, string? At, string Text);
