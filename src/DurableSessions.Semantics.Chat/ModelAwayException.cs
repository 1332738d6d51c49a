using DurableSessions.Orchestration;

namespace DurableSessions.Semantics.Chat;

/// <summary>The model is known to be away.</summary>
public sealed class ModelAwayException(string message, Exception innerException) : NonRetriableTaskException(message, innerException);
