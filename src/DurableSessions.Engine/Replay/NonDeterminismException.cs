namespace DurableSessions.Engine.Replay;

/// <summary>
/// The orchestrator's code does something else than its history says: it was changed while the instance ran, or is not
/// deterministic. The instance fails with it, with its history as it was stored.
/// </summary>
/// <param name="message">Names the entry of the history, and what the code does instead.</param>
public sealed class NonDeterminismException(string message) : Exception(message);
