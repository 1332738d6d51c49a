using System.Text.Json;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Failures;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tasks;

/// <summary>Reads a task from the orchestration instance that is it.</summary>
internal static class CommitTaskReader
{
    /// <summary>What the commit was asked to do; <see langword="null"/> where the instance is no commit.</summary>
    public static CommitInput? Input(OrchestrationMetadata instance) =>
        instance.Name == CommitNames.Orchestrator && instance.SerializedInput is not null
            ? JsonSerializer.Deserialize<CommitInput>(instance.SerializedInput, OrchestrationJson.Options)
            : null;

    /// <summary>The archive's number, once it is given out.</summary>
    public static int? Number(OrchestrationMetadata instance) => Read<CommitStatus>(instance.SerializedCustomStatus)?.Number;

    /// <summary>The task.</summary>
    public static CommitTask Task(OrchestrationMetadata instance, CommitInput input)
    {
        CommitStatus? status = Read<CommitStatus>(instance.SerializedCustomStatus);
        CommitOutput? output = Read<CommitOutput>(instance.SerializedOutput);
        return new CommitTask
        {
            TaskId = instance.InstanceId,
            Session = input.Session,
            Attempt = input.Attempt,
            Status = Status(instance.RuntimeStatus, status, output),
            CreatedAt = input.AcceptedAt,
            UpdatedAt = instance.LastUpdatedAt,
            Stage = instance.IsCompleted ? null : status?.Stage,
            ArchiveNumber = output?.Number ?? status?.Number,
            Output = output,
            Error = Error(instance),
        };
    }

    /// <summary>The task of a commit whose instance is gone, from its record.</summary>
    /// <param name="reference">The commit.</param>
    /// <param name="record">Its newest record.</param>
    /// <param name="isPending">
    /// Whether its archive is not switched yet: its instance has ended before that, and the session's next commit does it.
    /// </param>
    public static CommitTask Task(TaskReference reference, CommitRecord record, bool isPending)
    {
        CommitTaskStatus status = isPending ? CommitTaskStatus.Failed
            : record.Fate == CommitFate.Cancelled ? CommitTaskStatus.Cancelled
            : record is { IsCancelled: true, State: ArchiveState.Uncovered } ? CommitTaskStatus.Cancelled
            : record.State == ArchiveState.Uncovered ? CommitTaskStatus.Failed
            : CommitTaskStatus.Completed;
        return new CommitTask
        {
            TaskId = reference.CommitId.Value,
            Session = reference.Session,
            Attempt = record.Attempt,
            Status = status,
            CreatedAt = record.DecidedAt,
            UpdatedAt = record.DecidedAt,
            ArchiveNumber = record.Number,
            Error = status == CommitTaskStatus.Failed ? StepFailure.Other(reference.CommitId.Value) : null,
            Output = status == CommitTaskStatus.Failed ? null : new CommitOutput
            {
                Fate = record.Fate,
                Cancelled = status == CommitTaskStatus.Cancelled,
                Reason = record.Reason,
                Number = record.Number,
                State = record.State,
                Counts = record.Counts,
                Usage = record.Usage,
            },
        };
    }

    /// <summary>
    /// The task of a commit whose instance the engine could not read, and which has no record: the session's next commit takes it over.
    /// </summary>
    public static CommitTask Unread(TaskReference reference, OrchestrationMetadata instance) => new()
    {
        TaskId = reference.CommitId.Value,
        Session = reference.Session,
        Attempt = 1,
        Status = CommitTaskStatus.Failed,
        CreatedAt = instance.CreatedAt,
        UpdatedAt = instance.LastUpdatedAt,
        Error = StepFailure.Other(instance.InstanceId),
    };

    private static CommitTaskStatus Status(OrchestrationRuntimeStatus status, CommitStatus? custom, CommitOutput? output) => status switch
    {
        OrchestrationRuntimeStatus.Pending => CommitTaskStatus.Pending,
        OrchestrationRuntimeStatus.Completed => output is { Cancelled: true } ? CommitTaskStatus.Cancelled : CommitTaskStatus.Completed,
        OrchestrationRuntimeStatus.Failed => CommitTaskStatus.Failed,
        OrchestrationRuntimeStatus.Terminated => CommitTaskStatus.Failed,
        _ => custom is { Cancelling: true } ? CommitTaskStatus.Cancelling : CommitTaskStatus.Running,
    };

    // A history of an earlier version has the message of an exception, and an engine has messages of its own.
    private static string? Error(OrchestrationMetadata instance) => instance switch
    {
        { FailureDetails: null } => null,
        { RuntimeStatus: OrchestrationRuntimeStatus.Terminated } => "An operator terminated the commit.",
        { FailureDetails.ErrorMessage: var message } => StepFailure.Find(message) ?? StepFailure.Other(instance.InstanceId),
    };

    private static T? Read<T>(string? json)
        where T : class => json is null ? null : JsonSerializer.Deserialize<T>(json, OrchestrationJson.Options);
}
