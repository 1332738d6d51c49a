namespace DurableSessions.Core.Errors;

/// <summary>Too many others changed the same blob at the same time; nothing was changed by this caller.</summary>
public sealed class ContentionException(string message) : Exception(message);
