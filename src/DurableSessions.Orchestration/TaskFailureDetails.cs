namespace DurableSessions.Orchestration;

/// <summary>Why an activity or an orchestration failed, in a form that survives serialization.</summary>
/// <param name="ErrorType">The full name of the exception's type.</param>
/// <param name="ErrorMessage">The exception's message, at most 4,096 characters. An engine that records it by itself has redacted it.</param>
/// <param name="StackTrace">For the log and the operator, never for a user; at most 16,384 characters.</param>
/// <param name="IsNonRetriable">Whether trying again is known to be useless.</param>
public sealed record TaskFailureDetails(string ErrorType, string ErrorMessage, string? StackTrace = null, bool IsNonRetriable = false);
