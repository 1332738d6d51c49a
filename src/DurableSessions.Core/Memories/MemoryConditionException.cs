namespace DurableSessions.Core.Memories;

/// <summary>A memory is not, or not any more, as its writer thinks; nothing was changed.</summary>
public sealed class MemoryConditionException(string message) : Exception(message);
