namespace DurableSessions.Orchestration;

/// <summary>
/// The engine does not answer, and may again soon. Whether a call that changes something was carried out is not known: it may be repeated
/// under the same instance id.
/// </summary>
/// <param name="message">What does not answer.</param>
/// <param name="innerException">How that was noticed.</param>
public class OrchestrationUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
