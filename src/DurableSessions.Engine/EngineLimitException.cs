using DurableSessions.Orchestration;

namespace DurableSessions.Engine;

/// <summary>An instance, or what is put into it, is larger than <see cref="EngineLimits"/> allows.</summary>
/// <param name="message">Names the limit.</param>
public sealed class EngineLimitException(string message) : OrchestrationLimitException(message);
