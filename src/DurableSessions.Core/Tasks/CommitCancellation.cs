using DurableSessions.Core.Commits;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tasks;

/// <summary>Asks commits to end, by an external event to their instance. The attempt is named, so that a later one is not ended.</summary>
internal sealed class CommitCancellation(CommitTaskFinder tasks, KeyedAttempts keys, OrchestrationClient client)
{
    /// <summary>As <see cref="TaskService.CancelAsync(UserKey, string, IdempotencyKey?, CancellationToken)"/>.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    /// <exception cref="TaskStatusException">It has completed or failed; with a key, it had when the key first came.</exception>
    public async Task<CommitTask> RunAsync(
        UserKey user, string taskId, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken)
    {
        int? keyed = await keys.FindAsync(user, idempotencyKey, cancellationToken);
        CommitTask task = await tasks.GetAsync(user, taskId, cancellationToken);
        if (keyed is null && HasEnded(task))
        {
            throw Ended(task);
        }

        int attempt = keyed ?? await keys.EnterAsync(user, idempotencyKey, task.Attempt, cancellationToken);
        if (task.IsOver || task.Attempt != attempt)
        {
            return task;
        }

        bool isRaised = task.Status == CommitTaskStatus.Cancelling || await RaiseCancelAsync(taskId, attempt, cancellationToken);
        task = await tasks.GetAsync(user, taskId, cancellationToken);
        if (task.IsOver || task.Attempt != attempt)
        {
            // Without a key the client learns that it came too late. With one the answer is the same whenever the request is repeated.
            return isRaised || idempotencyKey is not null || task.Attempt != attempt || !HasEnded(task) ? task : throw Ended(task);
        }

        return task with { Status = CommitTaskStatus.Cancelling };
    }

    private static bool HasEnded(CommitTask task) => task.IsOver && task.Status != CommitTaskStatus.Cancelled;

    private static TaskStatusException Ended(CommitTask task) => new($"Task {task.TaskId} has ended: {task.Status}.");

    private Task<bool> RaiseCancelAsync(string taskId, int attempt, CancellationToken cancellationToken) =>
        client.RaiseEventAsync(taskId, CommitNames.CancelEvent, new CancelRequest("cancelled by its user", attempt), cancellationToken);
}
