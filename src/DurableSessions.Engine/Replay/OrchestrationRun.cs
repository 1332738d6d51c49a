using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Replay;

/// <summary>
/// One run of an orchestrator in memory: replayed from its history, then advanced by each entry that happens. It belongs to
/// one worker, and one thread calls it at a time.
/// </summary>
internal sealed class OrchestrationRun
{
    private readonly Func<ITaskOrchestrator> _factory;
    private readonly OrchestratorSynchronizationContext _synchronization;
    private readonly RunContext _context;
    private readonly RunHistory _history = new();
    private readonly List<HistoryEntry> _whileSuspended = [];
    private readonly List<HistoryEntry> _forNext = [];
    private ITaskOrchestrator? _orchestrator;
    private Task<object?>? _main;
    private string? _recalledStatus;

    /// <param name="instance">The instance; its history is not replayed yet.</param>
    /// <param name="factory">Makes the orchestrator at the replay.</param>
    /// <param name="violated">Called on any thread when the orchestrator is seen to await what it must not.</param>
    public OrchestrationRun(InstanceDocument instance, Func<ITaskOrchestrator> factory, Action<string> violated)
    {
        _factory = factory;
        _synchronization = new OrchestratorSynchronizationContext(violated);
        _context = new RunContext(instance, _synchronization);
    }

    /// <summary>All entries, stored or not, in order.</summary>
    public IReadOnlyList<HistoryEntry> History => _history.Entries;

    /// <summary>How it ended; <see langword="null"/>: it has not.</summary>
    public RunOutcome? Outcome { get; private set; }

    /// <summary>
    /// The orchestrator has returned, and begins again; <see langword="null"/>: it has not. An <see cref="Outcome"/> comes before it.
    /// </summary>
    public RunContinuation? Continuation { get; private set; }

    /// <summary>The orchestrator is not advanced any more.</summary>
    public bool HasReturned => Outcome is not null || Continuation is not null;

    /// <summary>The messages that the next run of a <see cref="Continuation"/> receives, in order.</summary>
    public IReadOnlyList<HistoryEntry> ForNext => [.. Continuation!.KeepsEvents ? _context.Buffered : [], .. _forNext];

    /// <summary>
    /// The ids of the messages of clients that came and are not left to the next run of a <see cref="Continuation"/>. A child's result is
    /// recognised by its call, which no later run has.
    /// </summary>
    public IEnumerable<string> Taken =>
        _history.Entries.Except(ForNext).Where(static e => !e.IsFromChild).Select(static e => e.MessageId).OfType<string>();

    public bool IsSuspended { get; private set; }

    public string? CustomStatus => _recalledStatus ?? _context.CustomStatus;

    /// <summary>Events that the orchestrator has not waited for, and those that came while it is suspended.</summary>
    public int BufferedEvents => Continuation is null
        ? _context.Buffered.Count + _whileSuspended.Count(IsEvent)
        : ForNext.Count(IsEvent);

    /// <summary>Activities without a result, by task number.</summary>
    public IReadOnlyDictionary<int, HistoryEntry> Unanswered => _history.Unanswered;

    /// <summary>Sub-orchestrations without a result, by task number.</summary>
    public IReadOnlyDictionary<int, HistoryEntry> Children => _history.Children;

    /// <summary>The timer that fires next; <see langword="null"/>: there is no timer, or the instance is suspended.</summary>
    public HistoryEntry? NextTimer =>
        IsSuspended ? null : _context.OpenTimers.Where(t => !_whileSuspended.Exists(h => h.Task == t.Task)).MinBy(t => t.FireAt);

    /// <summary>The time of the last entry: the next one is not before it, though the clock of its host may be behind.</summary>
    public DateTimeOffset LastTime => _history.LastTime;

    /// <summary>Runs the orchestrator from its start with the history that is stored.</summary>
    public void Replay(IReadOnlyList<HistoryEntry> recorded, bool hasRun)
    {
        _orchestrator = _factory();
        try
        {
            int next = 0;
            while (next < recorded.Count)
            {
                HistoryEntry happened = recorded[next++];
                if (happened.IsAction)
                {
                    throw _history.Mismatch(happened, "did nothing, or ended");
                }

                _context.Replaying = hasRun;
                Happen(happened);
                if (next == recorded.Count)
                {
                    _history.Record(_context.Made);
                }
                else
                {
                    next = _history.Match(recorded, next, _context.Made);
                }
            }
        }
        catch (NonDeterminismException e)
        {
            _history.Restore(recorded);
            Outcome = RunOutcome.Failed(e);
        }

        _context.Replaying = false;
    }

    /// <summary>Ends an instance as it is stored, without its orchestrator: a host may not have it, or fail to make it.</summary>
    public void Terminate(InstanceDocument stored, string? reason) => End(stored, Terminated(reason));

    /// <summary>Ends an instance as it is stored, in a way that is decided. Its orchestrator does not run.</summary>
    public void End(InstanceDocument stored, RunOutcome outcome)
    {
        _history.Restore(stored.History);
        _history.SetTime(stored.History.Select(static e => e.Time).DefaultIfEmpty(stored.Updated).Max());
        _recalledStatus = stored.CustomStatus;
        Outcome = outcome;
    }

    /// <summary>Advances the run by one entry. After its outcome an entry is added to the history, and changes nothing else.</summary>
    public void Apply(HistoryEntry happened)
    {
        Happen(happened);
        _history.Record(_context.Made);
    }

    /// <summary>Ends the run as failed, also where it has an outcome already.</summary>
    public void Fail(Exception e) => Outcome = RunOutcome.Failed(e);

    private void Happen(HistoryEntry happened)
    {
        _context.Made.Clear();
        _history.Add(happened);
        if (Outcome is not null)
        {
            return;
        }

        switch (happened.Type)
        {
            case HistoryEventType.ExecutionTerminated:
                Outcome = Terminated(happened.Reason);
                break;
            case HistoryEventType.ExecutionSuspended or HistoryEventType.ExecutionResumed or HistoryEventType.EventRaised
                when Continuation is not null:
                IsSuspended = IsEvent(happened) ? IsSuspended : happened.Type == HistoryEventType.ExecutionSuspended;
                _forNext.Add(happened);
                break;
            case var _ when Continuation is not null:
                break;
            case HistoryEventType.ExecutionSuspended:
                IsSuspended = true;
                break;
            case HistoryEventType.ExecutionResumed:
                IsSuspended = false;
                _context.Now = LastTime;
                List<HistoryEntry> entries = [.. _whileSuspended];
                _whileSuspended.Clear();
                entries.ForEach(Advance);
                break;
            case var _ when IsSuspended:
                _whileSuspended.Add(happened);
                break;
            default:
                _context.Now = LastTime;
                Advance(happened);
                break;
        }
    }

    private void Advance(HistoryEntry happened)
    {
        if (Outcome is not null)
        {
            return;
        }

        // Came while the instance was suspended, and behind what let the orchestrator return.
        if (Continuation is not null)
        {
            _forNext.AddRange(IsEvent(happened) ? [happened] : []);
            return;
        }

        try
        {
            _synchronization.Run(() =>
            {
                if (happened.Type == HistoryEventType.ExecutionStarted)
                {
                    _main = StartAsync();
                }
                else
                {
                    _context.Deliver(happened);
                }
            });
            bool cancelled = true;
            while (cancelled)
            {
                cancelled = false;
                _synchronization.Run(() => cancelled = _context.CancelWaits());
            }
        }
        catch (Exception e)
        {
            // An async void method of the orchestrator threw: the task of the orchestrator does not show that.
            Fail(e);
            return;
        }

        if (_main!.IsCompletedSuccessfully && _context.Continuation is { } continuation)
        {
            Continuation = continuation;
        }
        else if (_main.IsCompleted)
        {
            Outcome = End(_main);
        }
        else if (!_context.WaitsForSomething)
        {
            Fail(new ForeignAwaitException(OrchestratorSynchronizationContext.ForeignAwait));
        }
    }

    private static bool IsEvent(HistoryEntry entry) => entry.Type == HistoryEventType.EventRaised;

    private static RunOutcome Terminated(string? reason) =>
        new(OrchestrationRuntimeStatus.Terminated, Failure: Failures.Terminated(reason));

    // Async, so that an orchestrator that throws before its first await fails the task as well.
    private async Task<object?> StartAsync() => await _orchestrator!.RunAsync(_context);

    private static RunOutcome End(Task<object?> main)
    {
        if (!main.IsCompletedSuccessfully)
        {
            return RunOutcome.Failed(main.Exception?.InnerException ?? new OperationCanceledException("The orchestrator was cancelled."));
        }

        try
        {
            string? output = Payloads.Write(main.Result, "output of the orchestration", EngineLimits.PayloadBytes);
            return new RunOutcome(OrchestrationRuntimeStatus.Completed, output);
        }
        catch (Exception e)
        {
            return RunOutcome.Failed(e);
        }
    }
}
