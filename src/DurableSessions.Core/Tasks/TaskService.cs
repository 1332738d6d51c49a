using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tasks;

/// <summary>Reads a user's commit tasks, cancels them, and tries them again. Another user's task is not found.</summary>
public sealed class TaskService
{
    private readonly CommitTaskFinder _tasks;
    private readonly CommitCancellation _cancellation;
    private readonly CommitRetry _retry;
    private readonly OrchestrationClient _client;

    internal TaskService(
        CommitTaskFinder tasks, CommitCancellation cancellation, CommitRetry retry, OrchestrationClient client)
    {
        _tasks = tasks;
        _cancellation = cancellation;
        _retry = retry;
        _client = client;
    }

    /// <summary>A task; one whose instance is purged is answered from its record.</summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    public Task<CommitTask> GetAsync(UserKey user, string taskId, CancellationToken cancellationToken) =>
        _tasks.GetAsync(user, taskId, cancellationToken);

    /// <summary>Waits until a task is over, and answers with it as it is then.</summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    public async Task<CommitTask> WaitAsync(UserKey user, string taskId, CancellationToken cancellationToken)
    {
        CommitTask task = await GetAsync(user, taskId, cancellationToken);
        if (task.IsOver)
        {
            return task;
        }

        try
        {
            await _client.WaitForInstanceCompletionAsync(taskId, cancellationToken);
        }
        catch (OrchestrationNotFoundException)
        {
            // It was purged: it is over.
        }

        return await GetAsync(user, taskId, cancellationToken);
    }

    /// <summary>
    /// Waits until a task has changed since it was read, or is over, and answers with it as it is then. One that was over is answered as it
    /// was read. Of changes that follow each other at once the last may be the only one that is seen.
    /// </summary>
    /// <param name="known">The task, as its user has read it.</param>
    /// <param name="hasChanged">Whether a task that is not over is to be answered. It is asked again for the same state.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="TaskNotFoundException">Its instance and all that was kept of it are gone.</exception>
    public async Task<CommitTask> WaitForChangeAsync(
        CommitTask known, Func<CommitTask, bool> hasChanged, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(hasChanged);
        if (known.IsOver)
        {
            return known;
        }

        try
        {
            OrchestrationMetadata instance = await _client.WaitForInstanceAsync(
                known.TaskId, m => Running(m, known) is not { } task || hasChanged(task), cancellationToken);
            if (Running(instance, known) is { } changed)
            {
                return changed;
            }
        }
        catch (OrchestrationNotFoundException)
        {
            // It was purged: it is over.
        }

        return await GetAsync(known.Session.Owner, known.TaskId, cancellationToken);
    }

    /// <summary>
    /// Waits until no commit of the user is on its way, those that are accepted meanwhile included. Costs a listing of all that is on its
    /// way, reads what the user has on the way, and never looks at what has ended.
    /// </summary>
    public async Task WaitForAllAsync(UserKey user, CancellationToken cancellationToken)
    {
        while (await _tasks.FindRunningAsync(user, cancellationToken) is { Count: > 0 } running)
        {
            foreach (string taskId in running)
            {
                try
                {
                    await _client.WaitForInstanceCompletionAsync(taskId, cancellationToken);
                }
                catch (OrchestrationNotFoundException)
                {
                    // It was purged: it is over.
                }
            }
        }
    }

    /// <summary>
    /// Tasks, the newest first. A filter by status looks at the newest 1,000; tasks that ended longer ago than they are kept are
    /// not listed.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The query's limit is not 1 to 200.</exception>
    public async Task<IReadOnlyList<CommitTask>> ListAsync(
        UserKey user, CommitTaskQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, 200);
        return await _tasks.ListAsync(user, query, cancellationToken);
    }

    /// <summary>
    /// Asks a commit to end. Before clear-live it undoes its cut; after that the archive stays, uncovered. The commit sees it at
    /// its next step, also after a crash. One that is cancelled already is answered as it is, and so is an attempt that was started
    /// while this was on its way: it is not ended.
    /// </summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    /// <exception cref="TaskStatusException">It has completed or failed.</exception>
    public Task<CommitTask> CancelAsync(UserKey user, string taskId, CancellationToken cancellationToken) =>
        CancelAsync(user, taskId, idempotencyKey: null, cancellationToken);

    /// <summary>
    /// As the other overload. Repeated with the same key, it changes nothing again, and answers with the task as it stands: it never ends
    /// an attempt that was started since.
    /// </summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    /// <exception cref="TaskStatusException">It had ended when the key first came, and not by being cancelled.</exception>
    public Task<CommitTask> CancelAsync(
        UserKey user, string taskId, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken) =>
        _cancellation.RunAsync(user, taskId, idempotencyKey, cancellationToken);

    /// <summary>
    /// Runs a failed or cancelled commit again, under the same id: steps that were finished return at once. Of a completed one whose
    /// archive is degraded, has the model digest that archive again, and the degraded ones before it: the task stays completed, and tells
    /// what came of it as soon as that is done.
    /// </summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's, or its instance is purged.</exception>
    /// <exception cref="TaskStatusException">
    /// It has neither failed nor been cancelled, and no model is to digest its archive again.
    /// </exception>
    public Task<CommitTask> RetryAsync(UserKey user, string taskId, CancellationToken cancellationToken) =>
        RetryAsync(user, taskId, idempotencyKey: null, cancellationToken);

    /// <summary>
    /// As the other overload. A key starts one attempt: repeated, it starts no other, even where that one has failed too, and answers with
    /// the task as it stands.
    /// </summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's, or its instance is purged.</exception>
    /// <exception cref="TaskStatusException">
    /// It had neither failed nor been cancelled when the key first came, and no model is to digest its archive again.
    /// </exception>
    public Task<CommitTask> RetryAsync(
        UserKey user, string taskId, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken) =>
        _retry.RunAsync(user, taskId, idempotencyKey, cancellationToken);

    // Null: it is over, or it could not be read as it was stored.
    private static CommitTask? Running(OrchestrationMetadata instance, CommitTask known) =>
        !instance.IsCompleted && CommitTaskReader.Input(instance) is { } input && input.Session == known.Session
            ? CommitTaskReader.Task(instance, input)
            : null;
}
