using DurableSessions.Core.Commits;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Purging;

/// <summary>Purges one instance that has ended, so that what a client can ask of a commit is answered as before.</summary>
/// <remarks>
/// Of a commit, in this order: what its task says is kept, it is taken out of its session's listing, its instance is purged. A crash, or a
/// lost answer, between leaves an instance from which the task is answered still, and which the next purge finds. Nothing that arrives late
/// brings anything back: what is kept is written over what is there, or not at all. A retry that comes between starts a new generation,
/// which is not purged: the purge then lists it again; or the retry, which lists it after its start.
/// </remarks>
internal sealed class InstancePurger(ManifestStore manifests, TaskIndex tasks, OrchestrationClient client)
{
    /// <summary>Purges an instance.</summary>
    /// <param name="listed">The instance, as a listing has it.</param>
    /// <param name="before">It is purged only where it has ended before this time.</param>
    /// <param name="cancellationToken">Stops it between two requests.</param>
    /// <returns>
    /// Whether it was purged. A commit that the manifest knows (it has cut, or cleared and not switched) is not: the session's next commit
    /// brings it to its end. Nor is one that could not be read: no host knows whose it was.
    /// </returns>
    public async Task<bool> PurgeAsync(OrchestrationMetadata listed, DateTimeOffset before, CancellationToken cancellationToken)
    {
        if (listed.Name != CommitNames.Orchestrator)
        {
            return await client.PurgeEndedAsync(listed, cancellationToken);
        }

        // It may have been retried, and have ended again, since it was listed.
        if (await client.GetInstanceAsync(listed.InstanceId, cancellationToken) is not { IsCompleted: true } instance
            || instance.LastUpdatedAt >= before
            || CommitTaskReader.Input(instance) is not { } commit
            || !await ForgetAsync(instance, commit, cancellationToken))
        {
            return false;
        }

        if (await client.PurgeEndedAsync(instance, cancellationToken))
        {
            return true;
        }

        if (await client.GetInstanceAsync(listed.InstanceId, cancellationToken) is not null)
        {
            await tasks.AddAsync(commit, cancellationToken);
        }

        return false;
    }

    private async Task<bool> ForgetAsync(OrchestrationMetadata instance, CommitInput commit, CancellationToken cancellationToken)
    {
        Manifest? manifest = (await manifests.LoadAsync(commit.Session, cancellationToken))?.Manifest;
        if (manifest is not { DeletedAt: null } || manifest.Incarnation != commit.Incarnation)
        {
            await tasks.RemoveAsync(commit, cancellationToken);
            return true;
        }

        if (manifest.FindPending(commit.CommitId) is not null
            || manifest.Cutting?.CommitId == commit.CommitId
            || manifest.Closed.Any(c => c.CommitId == commit.CommitId))
        {
            return false;
        }

        PurgedTask task = PurgedTask.From(CommitTaskReader.Task(instance, commit), commit.RequestHash);
        await tasks.KeepAsync(commit, task, cancellationToken);
        return true;
    }
}
