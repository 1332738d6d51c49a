using DurableSessions.Orchestration;

namespace DurableSessions.Semantics.Chat;

/// <summary>The model answered, and none of its answers can be used: asking the same again within this attempt of the commit makes no sense.</summary>
public sealed class ModelAnswerException(string message) : NonRetriableTaskException(message);
