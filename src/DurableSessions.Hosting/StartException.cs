namespace DurableSessions.Hosting;

/// <summary>
/// The host cannot start. The message is one line for the person who started it: what is wrong, and what to do.
/// </summary>
public sealed class StartException : Exception
{
    /// <summary>An exception without details.</summary>
    public StartException()
    {
    }

    /// <summary>What is wrong.</summary>
    public StartException(string message)
        : this(message, innerException: null)
    {
    }

    /// <summary>What is wrong, and the failure that says so.</summary>
    public StartException(string message, Exception? innerException)
        : base(message?.ReplaceLineEndings(" "), innerException)
    {
    }
}
