namespace DurableSessions.Core.Tasks;

/// <summary>What was asked of a task does not go with where it stands.</summary>
public sealed class TaskStatusException(string message) : Exception(message);
