namespace DurableSessions.Orchestration;

/// <summary>Thrown by an activity that must not be retried: no retry policy applies.</summary>
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
