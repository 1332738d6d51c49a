namespace DurableSessions.Semantics.Chat;

/// <summary>A message as the model is shown it.</summary>
/// <param name="Role">Who said it.</param>
/// <param name="At">When, as its client wrote it.</param>
/// <param name="Text">What.</param>
internal sealed record PromptMessage(string Role, string? At, string Text);
