namespace DurableSessions.Core.Tasks;

/// <summary>There is no such task, or it is another user's.</summary>
public sealed class TaskNotFoundException(string taskId) : Exception("Task not found or expired")
{
    /// <summary>The id that was asked for.</summary>
    public string TaskId { get; } = taskId;
}
