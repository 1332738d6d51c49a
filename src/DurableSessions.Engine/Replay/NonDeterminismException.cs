namespace DurableSessions.Engine.Replay;

/// <summary>The orchestrator's code does something else than its history says it did: it was changed while the instance ran, or is not deterministic.</summary>
public sealed class NonDeterminismException(string message) : Exception(message);

/// <summary>An orchestrator awaited something that its context did not make: nothing recorded could ever wake it.</summary>
public sealed class ForeignAwaitException(string message) : Exception(message);
