using DurableSessions.Core.Commits;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tasks;

/// <summary>Starts the next attempt of commits that have failed or were cancelled, in a new generation of their instance.</summary>
internal sealed class CommitRetry(
    CommitTaskFinder tasks, TaskIndex index, KeyedAttempts keys, ManifestStore manifests, DigestsAgain digests, OrchestrationClient client)
{
    /// <summary>As <see cref="TaskService.RetryAsync(UserKey, string, IdempotencyKey?, CancellationToken)"/>.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's, or its instance is purged.</exception>
    /// <exception cref="TaskStatusException">
    /// It had neither failed nor been cancelled when the request, or its key, first came, nor is its archive degraded.
    /// </exception>
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
            CommitTask task = CommitTaskReader.Task(found.Instance, found.Input);
            if (await StartAgainAsync(task, found.Input.Incarnation, cancellationToken))
            {
                // After the start, which may be repeated: a key that is entered starts nothing again.
                await keys.EnterAsync(user, idempotencyKey, found.Input.Attempt, cancellationToken);
                return task;
            }

            CheckRetry(task);
            attempt = await keys.EnterAsync(user, idempotencyKey, found.Input.Attempt + 1, cancellationToken);
        }

        return found.Input.Attempt >= attempt
            ? await tasks.GetAsync(user, taskId, cancellationToken)
            : await StartNextAsync(found.Instance, found.Input, cancellationToken);
    }

    // Its archive is digested again, in its turn: the task stays completed, and tells then what came of it. Repeated, it changes nothing.
    private async Task<bool> StartAgainAsync(CommitTask task, string incarnation, CancellationToken cancellationToken) =>
        task is { Status: CommitTaskStatus.Completed, Output.State: ArchiveState.Degraded }
            && await manifests.LoadAsync(task.Session, cancellationToken) is { Manifest: var manifest }
            && manifest.Incarnation == incarnation
            && manifest.DegradedFrom <= task.ArchiveNumber
            && await digests.StartAsync(task.Session, manifest, cancellationToken);

    private static void CheckRetry(CommitTask task)
    {
        if (task.Status is not (CommitTaskStatus.Failed or CommitTaskStatus.Cancelled))
        {
            throw new TaskStatusException(
                $"Task {task.TaskId} is {task.Status}: only a failed or cancelled one can be retried, and one whose degraded archive "
                + "is still to be digested again, where there is a model.");
        }
    }

    // Of this attempt alone: where another request has started the next one meanwhile, that one is the answer, even if it is over.
    private async Task<CommitTask> StartNextAsync(OrchestrationMetadata ended, CommitInput input, CancellationToken cancellationToken)
    {
        OrchestrationMetadata instance = await client.ScheduleNewOrchestrationInstanceAsync(
            CommitNames.Orchestrator,
            input with { Attempt = input.Attempt + 1 },
            input.Start with { ReusableStatuses = [ended.RuntimeStatus], ReusedGeneration = ended.Generation },
            cancellationToken);

        // After the start: a purge that has taken it out meanwhile finds that the instance runs, or has gone before.
        await index.AddAsync(input, cancellationToken);
        return CommitTaskReader.Task(instance, CommitTaskReader.Input(instance) ?? input);
    }
}
