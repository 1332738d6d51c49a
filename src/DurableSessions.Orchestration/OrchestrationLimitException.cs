namespace DurableSessions.Orchestration;

/// <summary>An instance, or what is put into it, is larger than the engine allows; the message names the limit.</summary>
public class OrchestrationLimitException(string message) : Exception(message);
