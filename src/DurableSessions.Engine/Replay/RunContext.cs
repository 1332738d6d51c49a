using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Replay;

/// <summary>The context of one run of an orchestrator: the tasks and events it waits for, and the tasks it has just scheduled.</summary>
internal sealed class RunContext(InstanceDocument instance, OrchestratorSynchronizationContext synchronization) : OrchestrationContext
{
    private readonly Dictionary<int, OpenTask> _open = [];
    private readonly List<EventWait> _waits = [];
    private readonly List<HistoryEntry> _buffered = [];
    private int _tasks;

    public override string Name => instance.Name;

    public override string InstanceId => instance.Id;

    public override DateTimeOffset CurrentUtcDateTime => Now;

    public override bool IsReplaying => Replaying;

    public DateTimeOffset Now { get; set; } = instance.Created;

    public bool Replaying { get; set; }

    /// <summary>The custom status as JSON; <see langword="null"/>: the orchestrator has set none.</summary>
    public string? CustomStatus { get; private set; }

    /// <summary>The last call of <see cref="ContinueAsNew"/>; <see langword="null"/>: there was none.</summary>
    public RunContinuation? Continuation { get; private set; }

    /// <summary>
    /// The activities, sub-orchestrations and timers that the orchestrator has scheduled since the last entry happened, in order.
    /// </summary>
    public List<HistoryEntry> Made { get; } = [];

    /// <summary>The events that the orchestrator has not waited for, in order.</summary>
    public IReadOnlyList<HistoryEntry> Buffered => _buffered;

    /// <summary>Whether a task, a timer or an event can wake the orchestrator.</summary>
    public bool WaitsForSomething => _open.Count > 0 || _waits.Count > 0;

    public IEnumerable<HistoryEntry> OpenTimers =>
        _open.Values.Where(t => t.Made.Type == HistoryEventType.TimerCreated).Select(t => t.Made);

    public override T? GetInput<T>()
        where T : default => Payloads.Read<T>(instance.Input);

    public override async Task<TResult> CallActivityAsync<TResult>(string name, object? input = null, TaskOptions? options = null)
    {
        ThrowUnlessCurrent();
        var scheduled = new HistoryEntry
        {
            Type = HistoryEventType.TaskScheduled,
            Time = Now,
            Name = name,
            Payload = Payloads.Write(input, $"input of activity '{name}'", EngineLimits.PayloadBytes),
        };
        return Payloads.Read<TResult>(await CallAsync(() => scheduled, options?.Retry))!;
    }

    public override async Task<TResult> CallSubOrchestratorAsync<TResult>(
        string orchestratorName, object? input = null, SubOrchestrationOptions? options = null)
    {
        ThrowUnlessCurrent();
        ArgumentException.ThrowIfNullOrEmpty(orchestratorName);
        string? json = Payloads.Write(input, $"input of sub-orchestration '{orchestratorName}'", EngineLimits.PayloadBytes);
        return Payloads.Read<TResult>(await CallAsync(New, options?.Retry))!;

        // What is drawn here counts where the history has no entry yet. A replay goes by the entry.
        HistoryEntry New()
        {
            string call = Guid.NewGuid().ToString("N");
            return new HistoryEntry
            {
                Type = HistoryEventType.SubOrchestrationInstanceCreated,
                Time = Now,
                Name = orchestratorName,
                Payload = json,
                InstanceId = options?.InstanceId ?? call,
                Call = call,
            };
        }
    }

    public override Task CreateTimer(DateTimeOffset fireAt, CancellationToken cancellationToken)
    {
        ThrowUnlessCurrent();
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled(cancellationToken)
            : Open(new HistoryEntry { Type = HistoryEventType.TimerCreated, Time = Now, FireAt = fireAt }, cancellationToken);
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        ThrowUnlessCurrent();
        int kept = _buffered.FindIndex(e => string.Equals(e.Name, eventName, StringComparison.OrdinalIgnoreCase));
        var wait = new EventWait<T>(eventName, cancellationToken);
        if (cancellationToken.IsCancellationRequested)
        {
            wait.Cancel();
        }
        else if (kept >= 0)
        {
            HistoryEntry raised = _buffered[kept];
            _buffered.RemoveAt(kept);
            wait.Complete(raised.Payload);
        }
        else
        {
            _waits.Add(wait);
        }

        return wait.Task;
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        ThrowUnlessCurrent();
        string? input = Payloads.Write(newInput, "input of the orchestration", EngineLimits.PayloadBytes);
        Continuation = new RunContinuation(input, preserveUnprocessedEvents);
    }

    public override void SetCustomStatus(object? customStatus)
    {
        ThrowUnlessCurrent();
        CustomStatus = Payloads.Write(customStatus, "custom status", EngineLimits.CustomStatusBytes);
    }

    /// <summary>Hands the orchestrator what has happened. Results that it no longer waits for are dropped.</summary>
    public void Deliver(HistoryEntry happened)
    {
        switch (happened.Type)
        {
            case HistoryEventType.TaskCompleted or HistoryEventType.TimerFired or HistoryEventType.SubOrchestrationInstanceCompleted
                when _open.Remove(happened.Task!.Value, out OpenTask? task):
                task.Source.SetResult(happened.Payload);
                break;
            case HistoryEventType.TaskFailed when _open.Remove(happened.Task!.Value, out OpenTask? task):
                task.Source.SetException(new TaskFailedException(task.Made.Name!, happened.Failure!));
                break;
            case HistoryEventType.SubOrchestrationInstanceFailed when _open.Remove(happened.Task!.Value, out OpenTask? task):
                task.Source.SetException(TaskFailedException.OfSubOrchestration(task.Made.Name!, happened.Failure!));
                break;
            case HistoryEventType.EventRaised:
                EventWait? wait = _waits.Find(w => string.Equals(w.Name, happened.Name, StringComparison.OrdinalIgnoreCase));
                if (wait is null)
                {
                    _buffered.Add(happened);
                }
                else
                {
                    _waits.Remove(wait);
                    wait.Complete(happened.Payload);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>
    /// Ends the waits whose tokens the orchestrator has cancelled. Called whenever the orchestrator waits; callbacks of the
    /// tokens would run on another thread after <see cref="CancellationTokenSource.CancelAsync"/>.
    /// </summary>
    /// <returns>Whether there were any: the orchestrator may then go on.</returns>
    public bool CancelWaits()
    {
        List<OpenTask> tasks = [.. _open.Values.Where(t => t.Token.IsCancellationRequested)];
        List<EventWait> waits = [.. _waits.Where(w => w.Token.IsCancellationRequested)];
        foreach (OpenTask task in tasks)
        {
            _open.Remove(task.Made.Task!.Value);
            task.Source.SetCanceled(task.Token);
        }

        foreach (EventWait wait in waits)
        {
            _waits.Remove(wait);
            wait.Cancel();
        }

        return tasks.Count + waits.Count > 0;
    }

    private async Task<string?> CallAsync(Func<HistoryEntry> scheduled, RetryPolicy? retry)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await Open(scheduled() with { Time = Now, Attempt = attempt == 1 ? null : attempt });
            }
            catch (TaskFailedException e) when (attempt < retry?.MaxNumberOfAttempts && !e.FailureDetails.IsNonRetriable)
            {
            }

            await CreateTimer(Now + retry!.DelayAfter(attempt), CancellationToken.None);
        }
    }

    private Task<string?> Open(HistoryEntry made, CancellationToken token = default)
    {
        made = made with { Task = _tasks++ };
        var task = new OpenTask(made, new TaskCompletionSource<string?>(), token);
        _open.Add(made.Task!.Value, task);
        Made.Add(made);
        return task.Source.Task;
    }

    private void ThrowUnlessCurrent()
    {
        if (!synchronization.IsCurrent)
        {
            synchronization.Post(static _ => { }, null);
            throw new InvalidOperationException(OrchestratorSynchronizationContext.ForeignAwait);
        }
    }

    private sealed record OpenTask(HistoryEntry Made, TaskCompletionSource<string?> Source, CancellationToken Token);
}
