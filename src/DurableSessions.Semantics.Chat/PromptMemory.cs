namespace DurableSessions.Semantics.Chat;

/// <summary>A memory as the model is shown it.</summary>
internal sealed record PromptMemory(string Category, string Name, string Content);
