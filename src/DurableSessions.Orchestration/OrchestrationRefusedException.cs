namespace DurableSessions.Orchestration;

/// <summary>The engine refuses a call, as for a wrong credential: that does not pass by itself.</summary>
/// <param name="message">How it refuses.</param>
/// <param name="innerException">Its answer.</param>
public class OrchestrationRefusedException(string message, Exception? innerException = null) : Exception(message, innerException);
