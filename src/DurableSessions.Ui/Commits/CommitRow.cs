using System.Text.Json;
using DurableSessions.Core.Commits;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;

namespace DurableSessions.Ui.Commits;

/// <summary>A commit as a listing of instances shows it: no blob is read for it.</summary>
/// <param name="Id">The commit's id, which is its task's and its instance's.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Stage">The step it is at; <see langword="null"/>: it has ended, or no host has begun it, or its engine lists none.</param>
/// <param name="Archive">How far its archive was digested; <see langword="null"/>: it has made none, or is an earlier version's.</param>
/// <param name="Number">Its archive's number, from clear-live on.</param>
/// <param name="Account">The account; empty where its engine lists none.</param>
/// <param name="User">The user.</param>
/// <param name="Session">The session; empty for a commit of an earlier version.</param>
/// <param name="CreatedAt">When it was scheduled, for a retry when that was.</param>
/// <param name="UpdatedAt">When its last checkpoint was written.</param>
/// <param name="Attempts">How often it was scheduled.</param>
public sealed record CommitRow(
    string Id,
    CommitState State,
    CommitStage? Stage,
    ArchiveState? Archive,
    int? Number,
    string Account,
    string User,
    string Session,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    int Attempts)
{
    /// <summary>Whether it has ended.</summary>
    public bool IsOver => State is not (CommitState.Pending or CommitState.Running or CommitState.Suspended);

    /// <summary>Whether the built-in digest stands in for the configured one in its archive.</summary>
    public bool IsDegraded => Archive == ArchiveState.Degraded;

    /// <summary>Whether another attempt can be started.</summary>
    public bool CanRetry => State is CommitState.Failed or CommitState.Cancelled or CommitState.Terminated;

    /// <summary>The row of an instance; <see langword="null"/>: it is no commit.</summary>
    /// <param name="instance">As a listing shows it.</param>
    public static CommitRow? Of(OrchestrationMetadata instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        if (instance.Name != CommitNames.Orchestrator)
        {
            return null;
        }

        CommitStatus? status = Read(instance.SerializedCustomStatus);
        string[] owner = instance.FairnessKey?.Split('/', 2) ?? [];
        CommitState state = StateOf(instance.RuntimeStatus, status);
        return new CommitRow(
            instance.InstanceId,
            state,
            instance.IsCompleted ? null : status?.Stage,
            status?.State,
            status?.Number,
            owner is [var account, _] ? account : "",
            owner is [_, var user] ? user : "",
            instance.Tags.GetValueOrDefault(CommitNames.SessionTag, ""),
            instance.CreatedAt,
            instance.LastUpdatedAt,
            instance.Generation);
    }

    private static CommitState StateOf(OrchestrationRuntimeStatus status, CommitStatus? custom) => status switch
    {
        OrchestrationRuntimeStatus.Pending => CommitState.Pending,
        OrchestrationRuntimeStatus.Suspended => CommitState.Suspended,
        OrchestrationRuntimeStatus.Failed => CommitState.Failed,
        OrchestrationRuntimeStatus.Terminated => CommitState.Terminated,
        OrchestrationRuntimeStatus.Completed => custom is { Cancelling: true, State: null or ArchiveState.Uncovered }
            ? CommitState.Cancelled
            : CommitState.Completed,
        _ => CommitState.Running,
    };

    // Of another version, or of another engine, it may be anything.
    private static CommitStatus? Read(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize<CommitStatus>(json, OrchestrationJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
