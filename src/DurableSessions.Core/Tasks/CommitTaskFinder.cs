using System.Diagnostics.CodeAnalysis;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tasks;

/// <summary>
/// Finds the tasks of one user: in their orchestration instances; where an instance is purged, in what was kept of its task, or in the
/// commit's record.
/// </summary>
internal sealed class CommitTaskFinder(
    TaskIndex index, CommitLedger ledger, ManifestStore manifests, ArchiveStore archives, OrchestrationClient client)
{
    /// <summary>Entries of the index that one listing looks at, with any filter.</summary>
    private const int MaxLookedAt = 1_000;

    private const int MaxRunning = 100;

    private static readonly OrchestrationQuery Running = new()
    {
        Statuses = OrchestrationRuntimeStatuses.NotOver,
        PageSize = 1_000,
    };

    /// <summary>A task; one whose instance is purged is answered from what was kept of it, or from its record.</summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    public async Task<CommitTask> GetAsync(UserKey user, string taskId, CancellationToken cancellationToken)
    {
        if (!CommitId.TryParse(taskId, out CommitId commitId))
        {
            throw new TaskNotFoundException(taskId);
        }

        OrchestrationMetadata? instance = await client.GetInstanceAsync(taskId, cancellationToken);
        if (Read(instance, user) is { } found)
        {
            return await AsItIsNowAsync(CommitTaskReader.Task(found.Instance, found.Input), found.Input.Incarnation, cancellationToken);
        }

        return await index.FindAsync(user, commitId, cancellationToken) is { } entry
            && (entry.Purged?.ToTask(entry.Reference)
                ?? await FindRecordedAsync(entry.Reference, instance, cancellationToken)) is { } task
            ? await AsItIsNowAsync(task, entry.Reference.Incarnation, cancellationToken)
            : throw new TaskNotFoundException(taskId);
    }

    /// <summary>Tasks, the newest first, at most the query's limit.</summary>
    public async Task<IReadOnlyList<CommitTask>> ListAsync(
        UserKey user, CommitTaskQuery query, CancellationToken cancellationToken)
    {
        var tasks = new List<CommitTask>();
        IAsyncEnumerable<TaskReference[]> chunks = index.ListAsync(user, query.Session, cancellationToken)
            .Take(MaxLookedAt).Chunk(CommitTaskQuery.ReadAtOnce);
        await foreach (TaskReference[] chunk in chunks.WithCancellation(cancellationToken))
        {
            TaskReference[] kept = [.. chunk.Where(static r => !r.IsPurged)];
            query.Reading?.Invoke(kept.Length);
            (CommitTask Task, string Incarnation)?[] found = await Task.WhenAll(kept.Select(r => FindAsync(user, r, cancellationToken)));
            tasks.AddRange(await Task.WhenAll(found
                .OfType<(CommitTask Task, string Incarnation)>()
                .Where(t => query.Status is null || query.Status == t.Task.Status)
                .Select(t => AsItIsNowAsync(t.Task, t.Incarnation, cancellationToken))));

            if (tasks.Count >= query.Limit)
            {
                break;
            }
        }

        return [.. tasks.Take(query.Limit)];
    }

    /// <summary>
    /// Ids of the user's tasks that have not ended: all, or those of the pages of instances that were read until there were 100. Costs a
    /// listing for each 1,000 instances that have not ended, and then what the user has running; where the engine keeps no fairness keys,
    /// what all have running.
    /// </summary>
    public async Task<IReadOnlyList<string>> FindRunningAsync(UserKey user, CancellationToken cancellationToken)
    {
        List<string> running = [];
        await foreach (OrchestrationPage page in client.ListPagesAsync(Running, cancellationToken))
        {
            IEnumerable<OrchestrationMetadata> commits = page.Values.Where(
                m => m.Name == CommitNames.Orchestrator && (m.FairnessKey is null || m.FairnessKey == user.ToString()));
            foreach (OrchestrationMetadata[] chunk in commits.Chunk(CommitTaskQuery.ReadAtOnce))
            {
                (OrchestrationMetadata Instance, CommitInput Input)?[] found = await Task.WhenAll(
                    chunk.Select(m => FindInstanceAsync(user, m.InstanceId, cancellationToken)));
                running.AddRange(
                    found.Where(static f => f is { Instance.IsCompleted: false }).Select(static f => f!.Value.Instance.InstanceId));
            }

            if (running.Count >= MaxRunning)
            {
                break;
            }
        }

        return running;
    }

    /// <summary>
    /// The instance of a task and its input; <see langword="null"/>: it is purged, it could not be read as it was stored, or it is another
    /// user's.
    /// </summary>
    public async Task<(OrchestrationMetadata Instance, CommitInput Input)?> FindInstanceAsync(
        UserKey user, string taskId, CancellationToken cancellationToken) =>
        Read(await client.GetInstanceAsync(taskId, cancellationToken), user);

    private static (OrchestrationMetadata Instance, CommitInput Input)? Read(OrchestrationMetadata? instance, UserKey user) =>
        instance is not null && CommitTaskReader.Input(instance) is { } input && input.Session.Owner == user ? (instance, input) : null;

    // Null: its instance is purged.
    private async Task<(CommitTask Task, string Incarnation)?> FindAsync(
        UserKey user, TaskReference reference, CancellationToken cancellationToken)
    {
        OrchestrationMetadata? instance = await client.GetInstanceAsync(reference.CommitId.Value, cancellationToken);
        if (Read(instance, user) is { } found)
        {
            return (CommitTaskReader.Task(found.Instance, found.Input), found.Input.Incarnation);
        }

        return IsUnread(instance) && await FindRecordedAsync(reference, instance, cancellationToken) is { } task
            ? (task, reference.Incarnation)
            : null;
    }

    // From the record; without one, a commit has failed whose instance is over and could not be read.
    private async Task<CommitTask?> FindRecordedAsync(
        TaskReference reference, OrchestrationMetadata? instance, CancellationToken cancellationToken)
    {
        if (await ledger.FindNewestRecordAsync(reference.FirstAttempt, cancellationToken) is not { } record)
        {
            return IsUnread(instance) ? CommitTaskReader.Unread(reference, instance) : null;
        }

        // The record is written before the swap that makes it true, and its archive may have been covered after it.
        Manifest? manifest = record.Fate == CommitFate.Archived ? await FindManifestAsync(reference, cancellationToken) : null;
        bool isPending = manifest?.FindPending(reference.CommitId) is not null;
        if (!isPending && record is { State: ArchiveState.Uncovered, Number: { } number })
        {
            if (number <= manifest?.ExpiredArchives)
            {
                // Only what an overview covers expires.
                record = record with { State = ArchiveState.Covered };
            }
            else if (await archives.FindEntryAsync(reference.Session, reference.Incarnation, number, cancellationToken) is { } entry
                && entry.CommitId == reference.CommitId)
            {
                record = record with { State = entry.State };
            }
        }

        return CommitTaskReader.Task(reference, record, isPending);
    }

    private async Task<Manifest?> FindManifestAsync(TaskReference reference, CancellationToken cancellationToken) =>
        await manifests.LoadAsync(reference.Session, cancellationToken) is { Manifest: var manifest }
            && manifest.Incarnation == reference.Incarnation
                ? manifest
                : null;

    private static bool IsUnread([NotNullWhen(true)] OrchestrationMetadata? instance) =>
        instance is { IsCompleted: true, SerializedInput: null };

    // An archive that was degraded may have been digested again since then: its entry in the index says so.
    private async Task<CommitTask> AsItIsNowAsync(CommitTask task, string incarnation, CancellationToken cancellationToken) =>
        task.Output is { State: ArchiveState.Degraded, Number: { } number } output
            && await archives.FindEntryAsync(task.Session, incarnation, number, cancellationToken) is { Again: { } again, State: var state }
            ? task with
            {
                UpdatedAt = again.At,
                Output = output with
                {
                    State = state,
                    Reason = null,
                    Usage = again.Usage,
                    Memories = again.Memories ?? output.Memories,
                },
            }
            : task;
}
