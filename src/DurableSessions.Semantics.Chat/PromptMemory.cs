namespace DurableSessions.Semantics.Chat;

/// <summary>A memory as the prompt contains it.</summary>
internal sealed record PromptMemory(string Category, string Name, string Content);
