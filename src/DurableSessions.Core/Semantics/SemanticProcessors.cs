namespace DurableSessions.Core.Semantics;

/// <summary>The processor that is configured, and the one that stands in for it.</summary>
/// <param name="Configured">Tried first.</param>
/// <param name="Fallback">Tried where that fails. It should need no service that can be away, as the extractive digest does not.</param>
public sealed record SemanticProcessors(ISemanticProcessor Configured, ISemanticProcessor Fallback);
