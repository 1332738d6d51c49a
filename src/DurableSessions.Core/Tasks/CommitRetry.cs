using DurableSessions.Core.Commits;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tasks;

/// <summary>Starts the next attempt of commits that have failed or were cancelled, in a new generation of their instance.</summary>
internal sealed class CommitRetry(CommitTaskFinder tasks, KeyedAttempts keys, OrchestrationClient client)
{
    /// <summary>As <see cref="TaskService.RetryAsync(UserKey, string, IdempotencyKey?, CancellationToken)"/>.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's, or its instance is purged.</exception>
    /// <exception cref="TaskStatusException">It had neither failed nor been cancelled when the request, or its key, first came.</exception>
    public async Task<CommitTask> RunAsync(
        UserKey user, string taskId, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken)
    {
        int? attempt = await keys.FindAsync(user, idempotencyKey, cancellationToken);
        if (!CommitId.TryParse(taskId, out _) || await tasks.FindInstanceAsync(user, taskId, cancellationToken) is not { } found)
        {
            return attempt is null ? throw new TaskNotFoundException(taskId) : await tasks.GetAsync(user, taskId, cancellationToken);
        }

        if (attempt is null)
        {
            CheckRetry(found.Instance, found.Input);
            attempt = await keys.EnterAsync(user, idempotencyKey, found.Input.Attempt + 1, cancellationToken);
        }

        return found.Input.Attempt >= attempt
            ? CommitTaskReader.Task(found.Instance, found.Input)
            : await StartNextAsync(found.Instance, found.Input, cancellationToken);
    }

    private static void CheckRetry(OrchestrationMetadata instance, CommitInput input)
    {
        CommitTask task = CommitTaskReader.Task(instance, input);
        if (task.Status is not (CommitTaskStatus.Failed or CommitTaskStatus.Cancelled))
        {
            throw new TaskStatusException($"Task {task.TaskId} is {task.Status}: only a failed or cancelled one can be retried.");
        }
    }

    // Of this attempt alone: where another request has started the next one meanwhile, that one is the answer, even if it is over.
    private async Task<CommitTask> StartNextAsync(OrchestrationMetadata ended, CommitInput input, CancellationToken cancellationToken)
    {
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync(
            CommitNames.Orchestrator,
            input with { Attempt = input.Attempt + 1 },
            new StartOrchestrationOptions(ended.InstanceId)
            {
                ReusableStatuses = [ended.RuntimeStatus],
                ReusedGeneration = ended.Generation,
            },
            cancellationToken);
        return CommitTaskReader.Task(instance, CommitTaskReader.Input(instance) ?? input);
    }
}
