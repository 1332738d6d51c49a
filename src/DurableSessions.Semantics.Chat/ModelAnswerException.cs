using DurableSessions.Orchestration;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// The model refused the request, or none of its answers is usable. It is not retried within this attempt of the commit.
/// </summary>
/// <remarks>Histories record the full name of this type.</remarks>
public sealed class ModelAnswerException(string message) : NonRetriableTaskException(message);
