namespace DurableSessions.Orchestration;

/// <summary>Thrown in an orchestrator whose activity failed, after the last retry.</summary>
public sealed class TaskFailedException(string taskName, TaskFailureDetails failureDetails)
    : Exception($"Activity '{taskName}' failed: {failureDetails.ErrorMessage}")
{
    /// <summary>The activity's name.</summary>
    public string TaskName { get; } = taskName;

    /// <summary>The failure of the last attempt.</summary>
    public TaskFailureDetails FailureDetails { get; } = failureDetails;
}
