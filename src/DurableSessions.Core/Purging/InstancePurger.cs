using DurableSessions.Core.Commits;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Purging;

/// <summary>Purges one instance that has ended, so that what a client can ask of a commit is answered as before.</summary>
/// <remarks>
/// Of a commit, in this order: what its task says is kept, it is taken out of its session's listing, its instance is purged. A crash, or a
/// lost answer, between leaves an instance from which the task is answered still, and which the next purge finds. Nothing that arrives late
/// brings anything back: what is kept is written over what is there, or not at all. A retry that comes between starts a new generation:
/// the purge then finds that the instance runs, and lists it again; or the retry, which lists it after its start.
/// </remarks>
internal sealed class InstancePurger(ManifestStore manifests, TaskIndex tasks, OrchestrationClient client)
{
    /// <summary>Purges an instance.</summary>
    /// <param name="name">The name of its orchestrator.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops it between two requests.</param>
    /// <returns>
    /// Whether it was purged. A commit whose archive is cleared and not switched is not: the session's next commit brings it to its end.
    /// </returns>
    public async Task<bool> PurgeAsync(string name, string id, CancellationToken cancellationToken)
    {
        if (name != CommitNames.Orchestrator
            || await client.GetInstanceAsync(id, cancellationToken) is not { } instance
            || CommitTaskReader.Input(instance) is not { } commit)
        {
            return await client.PurgeInstanceAsync(id, cancellationToken);
        }

        if (!instance.IsCompleted || !await ForgetAsync(instance, commit, cancellationToken))
        {
            return false;
        }

        if (await client.PurgeInstanceAsync(id, cancellationToken))
        {
            return true;
        }

        if (await client.GetInstanceAsync(id, cancellationToken) is { IsCompleted: false })
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

        if (manifest.FindPending(commit.CommitId) is not null)
        {
            return false;
        }

        await tasks.KeepAsync(commit, PurgedTask.From(CommitTaskReader.Task(instance, commit)), cancellationToken);
        return true;
    }
}
