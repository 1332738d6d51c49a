using DurableSessions.Orchestration;

namespace DurableSessions.Core.Failures;

/// <summary>A step failed in a way that a retry would repeat. As <see cref="StepFailedException"/> otherwise.</summary>
internal sealed class FinalStepFailedException(string message) : NonRetriableTaskException(message);
