using System.Text.Json.Serialization;
using DurableSessions.Core.Commits;

namespace DurableSessions.Core.Tasks;

/// <summary>
/// A task as it was when its instance was purged. It takes the place of the task's empty entry in the index, so that the task is answered
/// as before, for as long as its session is there.
/// </summary>
internal sealed record PurgedTask
{
    public int Format { get; init; } = 1;

    public required int Attempt { get; init; }

    public required CommitTaskStatus Status { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public int? ArchiveNumber { get; init; }

    public CommitOutput? Output { get; init; }

    public string? Error { get; init; }

    /// <summary>Of a commit with an idempotency key, <see cref="CommitInput.RequestHash"/>.</summary>
    public string? RequestHash { get; init; }

    /// <summary>Whether the commit has left a record: one that has failed before its fate was decided has not.</summary>
    [JsonIgnore]
    public bool HasRecord => Output is not null || ArchiveNumber is not null;

    public static PurgedTask From(CommitTask task, string? requestHash) => new()
    {
        RequestHash = requestHash,
        Attempt = task.Attempt,
        Status = task.Status,
        CreatedAt = task.CreatedAt,
        UpdatedAt = task.UpdatedAt,
        ArchiveNumber = task.ArchiveNumber,
        Output = task.Output,
        Error = task.Error,
    };

    public CommitTask ToTask(TaskReference reference) => new()
    {
        TaskId = reference.CommitId.Value,
        Session = reference.Session,
        Attempt = Attempt,
        Status = Status,
        CreatedAt = CreatedAt,
        UpdatedAt = UpdatedAt,
        ArchiveNumber = ArchiveNumber,
        Output = Output,
        Error = Error,
    };
}
