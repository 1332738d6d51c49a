namespace DurableSessions.Core.Semantics;

/// <summary>The processor that is configured, and the one that stands in for it.</summary>
/// <param name="Configured">Tried first.</param>
/// <param name="Fallback">Needs nothing that can be away: the built-in digest.</param>
public sealed record SemanticProcessors(ISemanticProcessor Configured, ISemanticProcessor Fallback);
