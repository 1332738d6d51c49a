namespace DurableSessions.Engine.Replay;

/// <summary>What the orchestrator has asked for: to begin again with another input.</summary>
/// <param name="Input">The next input, as JSON.</param>
/// <param name="KeepsEvents">Whether the next run receives the events that this one has not waited for.</param>
internal sealed record RunContinuation(string? Input, bool KeepsEvents);
