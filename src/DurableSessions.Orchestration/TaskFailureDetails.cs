namespace DurableSessions.Orchestration;

/// <summary>Why an activity or an orchestration failed, in a form that survives serialization.</summary>
/// <param name="ErrorType">The full name of the exception's type, as histories record it.</param>
/// <param name="ErrorMessage">
/// The exception's message, at most 4,096 characters. The embedded engine redacts secrets before it records the message.
/// </param>
/// <param name="StackTrace">The stack trace, at most 16,384 characters; for logs and operators, never sent to users.</param>
/// <param name="IsNonRetriable">Whether no retry policy applies.</param>
public sealed record TaskFailureDetails(string ErrorType, string ErrorMessage, string? StackTrace = null, bool IsNonRetriable = false)
{
    /// <summary>Whether the exception was of exactly this type.</summary>
    /// <typeparam name="T">A type whose name stays: histories hold it.</typeparam>
    public bool IsCausedBy<T>()
        where T : Exception => ErrorType == typeof(T).FullName;
}
