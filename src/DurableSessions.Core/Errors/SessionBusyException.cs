namespace DurableSessions.Core.Errors;

/// <summary>A bound on work in progress is reached; nothing was changed, and trying later will succeed.</summary>
public sealed class SessionBusyException(string message) : Exception(message);
