using DurableSessions.Core.Commits;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tasks;

/// <summary>Asks commits to end, by an external event to their instance. The attempt is named, so that a later one is not ended.</summary>
internal sealed class CommitCancellation(CommitTaskFinder tasks, KeyedAttempts keys, OrchestrationClient client)
{
    /// <summary>As <see cref="TaskService.CancelAsync(UserKey, string, CancellationToken)"/>.</summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    /// <exception cref="TaskStatusException">It has completed or failed.</exception>
    public async Task<CommitTask> RunAsync(UserKey user, string taskId, CancellationToken cancellationToken)
    {
        CommitTask task = await tasks.GetAsync(user, taskId, cancellationToken);
        if (task.Status == CommitTaskStatus.Cancelled)
        {
            return task;
        }

        if (task.IsOver)
        {
            throw new TaskStatusException($"Task {taskId} has ended: {task.Status}.");
        }

        int attempt = task.Attempt;
        bool raised = task.Status == CommitTaskStatus.Cancelling
            || await RaiseCancelAsync(taskId, attempt, cancellationToken);
        task = await tasks.GetAsync(user, taskId, cancellationToken);
        if (task.Attempt != attempt)
        {
            return task;
        }

        return raised || task.Status == CommitTaskStatus.Cancelled
            ? task with { Status = task.IsOver ? task.Status : CommitTaskStatus.Cancelling }
            : throw new TaskStatusException($"Task {taskId} has ended: {task.Status}.");
    }

    /// <summary>The same for a request with a key, which changes nothing when it is repeated.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    /// <exception cref="TaskStatusException">It had ended when the key first came, and not by being cancelled.</exception>
    public async Task<CommitTask> RunAsync(
        UserKey user, string taskId, IdempotencyKey idempotencyKey, CancellationToken cancellationToken)
    {
        KeyedAttempt? keyed = await keys.FindAsync(user, idempotencyKey, cancellationToken);
        CommitTask task = await tasks.GetAsync(user, taskId, cancellationToken);
        if (keyed is null)
        {
            keyed = task.IsOver && task.Status != CommitTaskStatus.Cancelled
                ? throw new TaskStatusException($"Task {taskId} has ended: {task.Status}.")
                : await keys.EnterAsync(user, idempotencyKey, task.Attempt, cancellationToken);
        }

        if (task.IsOver || task.Attempt != keyed.Attempt)
        {
            return task;
        }

        if (task.Status != CommitTaskStatus.Cancelling)
        {
            await RaiseCancelAsync(taskId, keyed.Attempt, cancellationToken);
        }

        task = await tasks.GetAsync(user, taskId, cancellationToken);
        return task.IsOver || task.Attempt != keyed.Attempt ? task : task with { Status = CommitTaskStatus.Cancelling };
    }

    private Task<bool> RaiseCancelAsync(string taskId, int attempt, CancellationToken cancellationToken) =>
        client.RaiseEventAsync(taskId, CommitNames.CancelEvent, new CancelRequest("cancelled by its user", attempt), cancellationToken);
}
