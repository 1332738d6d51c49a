namespace DurableSessions.Core.Configuration;

/// <summary>
/// A host's settings are invalid. The message is one line that names each invalid setting by its whole key, and says what it may be.
/// </summary>
public sealed class SettingsException : Exception
{
    /// <summary>An exception without details.</summary>
    public SettingsException()
    {
    }

    /// <summary>What is invalid.</summary>
    public SettingsException(string message)
        : base(message)
    {
    }

    /// <summary>What is invalid, and the failure that says so.</summary>
    public SettingsException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
