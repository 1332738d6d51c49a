using DurableSessions.Core.State;

namespace DurableSessions.Core.Semantics;

/// <summary>An answer as it arrived.</summary>
/// <param name="Text">What the model said.</param>
/// <param name="Ending">Why it ended, as the model said.</param>
/// <param name="Usage">What it cost.</param>
public sealed record PaidAnswer(string Text, string? Ending, TokenUsage Usage);
