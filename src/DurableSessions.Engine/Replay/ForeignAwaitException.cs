namespace DurableSessions.Engine.Replay;

/// <summary>
/// An orchestrator awaited something that its context did not make: nothing recorded could wake it. The instance fails
/// with it.
/// </summary>
/// <param name="message">What an orchestrator may await.</param>
public sealed class ForeignAwaitException(string message) : Exception(message);
