namespace DurableSessions.Orchestration;

/// <summary>Why an activity or an orchestration failed, in a form that survives serialization.</summary>
/// <param name="ErrorType">The full name of the exception's type.</param>
/// <param name="ErrorMessage">The exception's message, at most 4,096 characters. An engine that records it by itself has redacted it.</param>
/// <param name="StackTrace">For the log and the operator, never for a user; at most 16,384 characters.</param>
/// <param name="IsNonRetriable">Whether trying again is known to be useless.</param>
public sealed record TaskFailureDetails(string ErrorType, string ErrorMessage, string? StackTrace = null, bool IsNonRetriable = false);

/// <summary>Thrown into an orchestrator whose activity failed, after the last retry.</summary>
public sealed class TaskFailedException(string taskName, TaskFailureDetails failureDetails)
    : Exception($"Activity '{taskName}' failed: {failureDetails.ErrorMessage}")
{
    /// <summary>The activity's name.</summary>
    public string TaskName { get; } = taskName;

    /// <summary>What its last attempt threw.</summary>
    public TaskFailureDetails FailureDetails { get; } = failureDetails;
}

/// <summary>Thrown by an activity to say that trying again is useless: no retry policy applies.</summary>
public class NonRetriableTaskException : Exception
{
    /// <summary>Creates one with a message.</summary>
    public NonRetriableTaskException(string message)
        : base(message)
    {
    }

    /// <summary>Creates one with a message and the cause.</summary>
    public NonRetriableTaskException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
