namespace DurableSessions.Orchestration;

/// <summary>An instance, an input or a payload is larger than the engine allows; the message names the limit.</summary>
public class OrchestrationLimitException(string message) : Exception(message);
