namespace DurableSessions.Core.Errors;

/// <summary>What was asked of an archive does not go with where it stands.</summary>
public sealed class ArchiveStateException(string message) : Exception(message);
