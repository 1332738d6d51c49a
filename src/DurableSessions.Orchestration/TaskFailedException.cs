namespace DurableSessions.Orchestration;

/// <summary>Thrown in an orchestrator whose activity or sub-orchestration failed, after the last retry.</summary>
public sealed class TaskFailedException : Exception
{
    /// <summary>Creates one for an activity.</summary>
    public TaskFailedException(string taskName, TaskFailureDetails failureDetails)
        : this("Activity", taskName, failureDetails)
    {
    }

    private TaskFailedException(string kind, string taskName, TaskFailureDetails failureDetails)
        : base($"{kind} '{taskName}' failed: {failureDetails.ErrorMessage}")
    {
        TaskName = taskName;
        FailureDetails = failureDetails;
    }

    /// <summary>The name of the activity, or of the orchestrator.</summary>
    public string TaskName { get; }

    /// <summary>The failure of the last attempt.</summary>
    public TaskFailureDetails FailureDetails { get; }

    /// <summary>Creates one for a sub-orchestration.</summary>
    public static TaskFailedException OfSubOrchestration(string orchestratorName, TaskFailureDetails failureDetails) =>
        new("Sub-orchestration", orchestratorName, failureDetails);
}
