namespace DurableSessions.LocalStorage;

/// <summary>Storage on this machine could not be installed or started. The message is one line with the cause and the remedy.</summary>
public sealed class LocalStorageException(string message, Exception? innerException = null) : Exception(message, innerException);
