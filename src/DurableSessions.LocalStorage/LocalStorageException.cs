namespace DurableSessions.LocalStorage;

/// <summary>Storage on this machine could not be installed or started. The message is one line that says why and what to do.</summary>
public sealed class LocalStorageException(string message, Exception? innerException = null) : Exception(message, innerException);
