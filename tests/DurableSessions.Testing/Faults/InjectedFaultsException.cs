namespace DurableSessions.Testing;

/// <summary>A test failed while faults were injected; the message names them and their seed.</summary>
public sealed class InjectedFaultsException(string message, Exception innerException) : Exception(message, innerException);
