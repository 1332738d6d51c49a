using DurableSessions.Core.Commits;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tasks;

/// <summary>Tells a user where commits stand, cancels them, and tries them again. Another user's task is not found.</summary>
public sealed class TaskService
{
    /// <summary>Entries of the index that one listing looks at, with any filter.</summary>
    private const int MaxLookedAt = 1_000;

    private const int ReadAtOnce = 8;

    private const int WaitAtOnce = 100;

    /// <summary>One for all that is done to tasks: a key that cancelled one neither retries it, nor cancels another.</summary>
    private const string KeyPurpose = "task";

    private static readonly OrchestrationQuery Running = new()
    {
        Statuses = OrchestrationRuntimeStatuses.NotOver,
    };

    private readonly TaskIndex _index;
    private readonly CommitLedger _ledger;
    private readonly KeyedRequests _requests;
    private readonly OrchestrationClient _client;

    internal TaskService(TaskIndex index, CommitLedger ledger, KeyedRequests requests, OrchestrationClient client)
    {
        _index = index;
        _ledger = ledger;
        _requests = requests;
        _client = client;
    }

    /// <summary>A task; one whose instance has been forgotten is answered from its record.</summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    public async Task<CommitTask> GetAsync(string account, string user, string taskId, CancellationToken cancellationToken)
    {
        if (!CommitId.TryParse(taskId, out CommitId commitId))
        {
            throw new TaskNotFoundException(taskId);
        }

        return await FindInstanceAsync(account, user, taskId, cancellationToken) is { } found
            ? CommitTaskReader.Task(found.Instance, found.Input)
            : await FindRecordAsync(account, user, commitId, cancellationToken) ?? throw new TaskNotFoundException(taskId);
    }

    /// <summary>Waits until a task is over, and answers with it as it is then.</summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    public async Task<CommitTask> WaitAsync(string account, string user, string taskId, CancellationToken cancellationToken)
    {
        CommitTask task = await GetAsync(account, user, taskId, cancellationToken);
        if (task.IsOver)
        {
            return task;
        }

        await _client.WaitForInstanceCompletionAsync(taskId, cancellationToken);
        return await GetAsync(account, user, taskId, cancellationToken);
    }

    /// <summary>
    /// Waits until no commit of the user is on its way, those that are accepted meanwhile included. Costs a listing of all that is on its
    /// way, and never looks at what has ended.
    /// </summary>
    public async Task WaitForAllAsync(string account, string user, CancellationToken cancellationToken)
    {
        while (await FindRunningAsync(account, user, cancellationToken) is { Count: > 0 } running)
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
    public async Task<IReadOnlyList<CommitTask>> ListAsync(
        string account, string user, CommitTaskQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, 200);
        var tasks = new List<CommitTask>();
        IAsyncEnumerable<TaskReference[]> chunks = _index.ListAsync(account, user, query.Session, cancellationToken)
            .Take(MaxLookedAt).Chunk(ReadAtOnce);
        await foreach (TaskReference[] chunk in chunks.WithCancellation(cancellationToken))
        {
            (OrchestrationMetadata Instance, CommitInput Input)?[] found = await Task.WhenAll(
                chunk.Select(r => FindInstanceAsync(account, user, r.CommitId.Value, cancellationToken)));
            foreach ((OrchestrationMetadata Instance, CommitInput Input)? one in found)
            {
                if (one is { } at && CommitTaskReader.Task(at.Instance, at.Input) is var task
                    && (query.Status is null || query.Status == task.Status))
                {
                    tasks.Add(task);
                }
            }

            if (tasks.Count >= query.Limit)
            {
                break;
            }
        }

        return [.. tasks.Take(query.Limit)];
    }

    /// <summary>
    /// Asks a commit to end. Before clear-live it undoes its cut; after that the archive stays, uncovered. The commit sees it at
    /// its next step, also after a crash. One that is cancelled already is answered as it is, and so is an attempt that was started
    /// while this was on its way: it is not ended.
    /// </summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    /// <exception cref="TaskStatusException">It has completed or failed.</exception>
    public async Task<CommitTask> CancelAsync(string account, string user, string taskId, CancellationToken cancellationToken)
    {
        CommitTask task = await GetAsync(account, user, taskId, cancellationToken);
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
        task = await GetAsync(account, user, taskId, cancellationToken);
        if (task.Attempt != attempt)
        {
            return task;
        }

        return raised || task.Status == CommitTaskStatus.Cancelled
            ? task with { Status = task.IsOver ? task.Status : CommitTaskStatus.Cancelling }
            : throw new TaskStatusException($"Task {taskId} has ended: {task.Status}.");
    }

    /// <summary>
    /// As the other overload. Repeated with the same key, it changes nothing again, and answers with the task as it stands: it never ends
    /// an attempt that was started since.
    /// </summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's.</exception>
    /// <exception cref="TaskStatusException">It had ended when the key first came, and not by being cancelled.</exception>
    public async Task<CommitTask> CancelAsync(
        string account, string user, string taskId, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken)
    {
        if (idempotencyKey is null)
        {
            return await CancelAsync(account, user, taskId, cancellationToken);
        }

        RequestKey key = RequestKey.Of(idempotencyKey, KeyPurpose);
        KeyedAttempt? keyed = await _requests.FindAsync<KeyedAttempt>(account, user, key, cancellationToken);
        CommitTask task = await GetAsync(account, user, taskId, cancellationToken);
        if (keyed is null)
        {
            keyed = task.IsOver && task.Status != CommitTaskStatus.Cancelled
                ? throw new TaskStatusException($"Task {taskId} has ended: {task.Status}.")
                : await EnterAsync(account, user, key, task.Attempt, cancellationToken);
        }

        if (task.IsOver || task.Attempt != keyed.Attempt)
        {
            return task;
        }

        if (task.Status != CommitTaskStatus.Cancelling)
        {
            await RaiseCancelAsync(taskId, keyed.Attempt, cancellationToken);
        }

        task = await GetAsync(account, user, taskId, cancellationToken);
        return task.IsOver || task.Attempt != keyed.Attempt ? task : task with { Status = CommitTaskStatus.Cancelling };
    }

    /// <summary>Runs a failed or cancelled commit again, under the same id: steps that were finished return at once.</summary>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's, or it was forgotten.</exception>
    /// <exception cref="TaskStatusException">It has neither failed nor been cancelled.</exception>
    public async Task<CommitTask> RetryAsync(string account, string user, string taskId, CancellationToken cancellationToken)
    {
        if (!CommitId.TryParse(taskId, out _) || await FindInstanceAsync(account, user, taskId, cancellationToken) is not { } found)
        {
            throw new TaskNotFoundException(taskId);
        }

        CheckRetry(found.Instance, found.Input);
        return await StartNextAsync(found.Instance, found.Input, cancellationToken);
    }

    /// <summary>
    /// As the other overload. A key starts one attempt: repeated, it starts no other, even where that one has failed too, and answers with
    /// the task as it stands.
    /// </summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used with another request.</exception>
    /// <exception cref="TaskNotFoundException">No task has that id, or it is another user's, or it was forgotten.</exception>
    /// <exception cref="TaskStatusException">It had neither failed nor been cancelled when the key first came.</exception>
    public async Task<CommitTask> RetryAsync(
        string account, string user, string taskId, IdempotencyKey? idempotencyKey, CancellationToken cancellationToken)
    {
        if (idempotencyKey is null)
        {
            return await RetryAsync(account, user, taskId, cancellationToken);
        }

        RequestKey key = RequestKey.Of(idempotencyKey, KeyPurpose);
        KeyedAttempt? keyed = await _requests.FindAsync<KeyedAttempt>(account, user, key, cancellationToken);
        if (!CommitId.TryParse(taskId, out _) || await FindInstanceAsync(account, user, taskId, cancellationToken) is not { } found)
        {
            return keyed is null ? throw new TaskNotFoundException(taskId) : await GetAsync(account, user, taskId, cancellationToken);
        }

        if (keyed is null)
        {
            CheckRetry(found.Instance, found.Input);
            keyed = await EnterAsync(account, user, key, found.Input.Attempt + 1, cancellationToken);
        }

        return found.Input.Attempt >= keyed.Attempt
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
        OrchestrationMetadata instance = await _client.ScheduleNewOrchestrationInstanceAsync(
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

    private Task<KeyedAttempt> EnterAsync(string account, string user, RequestKey key, int attempt, CancellationToken cancellationToken) =>
        _requests.EnterAsync(account, user, key, new KeyedAttempt { RequestHash = key.RequestHash, Attempt = attempt }, cancellationToken);

    private Task<bool> RaiseCancelAsync(string taskId, int attempt, CancellationToken cancellationToken) =>
        _client.RaiseEventAsync(taskId, CommitNames.CancelEvent, new CancelRequest("cancelled by its user", attempt), cancellationToken);

    private async Task<IReadOnlyList<string>> FindRunningAsync(string account, string user, CancellationToken cancellationToken)
    {
        List<string> running = [];
        OrchestrationQuery? query = Running;
        while (query is not null && running.Count < WaitAtOnce)
        {
            OrchestrationPage page = await _client.ListInstancesAsync(query, cancellationToken);
            foreach (OrchestrationMetadata[] chunk in page.Values.Where(static m => m.Name == CommitNames.Orchestrator).Chunk(ReadAtOnce))
            {
                (OrchestrationMetadata Instance, CommitInput Input)?[] found = await Task.WhenAll(
                    chunk.Select(m => FindInstanceAsync(account, user, m.InstanceId, cancellationToken)));
                running.AddRange(
                    found.Where(static f => f is { Instance.IsCompleted: false }).Select(static f => f!.Value.Instance.InstanceId));
            }

            query = page.ContinuationToken is { } next ? query with { ContinuationToken = next } : null;
        }

        return running;
    }

    private async Task<(OrchestrationMetadata Instance, CommitInput Input)?> FindInstanceAsync(
        string account, string user, string taskId, CancellationToken cancellationToken)
    {
        OrchestrationMetadata? instance = await _client.GetInstanceAsync(taskId, cancellationToken);
        return instance is not null && CommitTaskReader.Input(instance) is { } input
            && input.Session.Account == account && input.Session.User == user
            ? (instance, input)
            : null;
    }

    private async Task<CommitTask?> FindRecordAsync(string account, string user, CommitId commitId, CancellationToken cancellationToken)
    {
        if (await _index.FindAsync(account, user, commitId, cancellationToken) is not { } reference)
        {
            return null;
        }

        CommitRecord? record = await _ledger.FindNewestRecordAsync(reference.FirstAttempt, cancellationToken);
        return record is null ? null : CommitTaskReader.Task(reference, record);
    }
}
