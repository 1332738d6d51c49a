using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Replay;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Runs the turns of one orchestrator in memory: replays what is stored, then applies each entry that happens. It sends no
/// storage request. A crash leaves the last checkpoint, from which the next owner replays.
/// </summary>
internal sealed class TurnRunner
{
    private readonly OwnedInstance _instance;
    private readonly OrchestrationRegistry _registry;
    private readonly TimeProvider _time;
    private readonly Action<string> _violated;
    private string? _violation;

    /// <param name="instance">The instance; it is not replayed before <see cref="Start"/>.</param>
    /// <param name="registry">Has its orchestrator.</param>
    /// <param name="time">The clock of this host.</param>
    /// <param name="violated">Called on any thread when the orchestrator is seen to await what it must not.</param>
    public TurnRunner(OwnedInstance instance, OrchestrationRegistry registry, TimeProvider time, Action<string> violated)
    {
        _instance = instance;
        _registry = registry;
        _time = time;
        _violated = violated;
        Run = New();
    }

    /// <summary>The run as it stands; another object after <see cref="Restart"/>.</summary>
    public OrchestrationRun Run { get; private set; }

    /// <summary>The instance fails with the history that was last stored: what went beyond a limit is never stored.</summary>
    public bool IsOverLimit { get; private set; }

    /// <summary>The run is ahead of what is stored, or the ownership is to be renewed. A crash now leaves the last checkpoint.</summary>
    public bool NeedsCheckpoint { get; private set; }

    /// <summary>
    /// Replays what is stored. An instance that is to be terminated, or whose end is decided, is ended without its orchestrator.
    /// </summary>
    public void Start()
    {
        if (_instance.Stored.Decided is { } decided)
        {
            Run.End(_instance.Stored, decided);
        }
        else if (_instance.Stored.Terminator is { } terminator)
        {
            Run.Terminate(_instance.Stored, terminator.Reason);
        }
        else
        {
            Replay();
        }
    }

    /// <summary>Makes the run again from what is stored; what was applied since the last checkpoint is gone.</summary>
    public void Restart()
    {
        IsOverLimit = false;
        Run = New();
        Replay();
    }

    /// <summary>
    /// Applies a message or an answer, unless it changes nothing. A message that is in the history already is one whose
    /// client has had no answer: it is not applied twice, and still needs a checkpoint.
    /// </summary>
    public void Receive(HistoryEntry happened)
    {
        bool changes = happened.Type switch
        {
            HistoryEventType.TaskCompleted or HistoryEventType.TaskFailed => Run.Unanswered.ContainsKey(happened.Task!.Value),
            HistoryEventType.SubOrchestrationInstanceCompleted or HistoryEventType.SubOrchestrationInstanceFailed =>
                Run.Children.TryGetValue(happened.Task!.Value, out HistoryEntry? child) && child.Call == happened.MessageId,
            HistoryEventType.ExecutionSuspended => !Run.IsSuspended,
            HistoryEventType.ExecutionResumed => Run.IsSuspended,
            _ => true,
        };
        if (changes && !IsKnown(happened.MessageId))
        {
            Apply(happened);
        }

        NeedsCheckpoint |= happened.MessageId is not null;
    }

    /// <summary>Fires the timers that are due.</summary>
    public void FireTimers()
    {
        while (!Run.HasReturned && Run.NextTimer is { } timer && timer.FireAt <= _time.GetUtcNow())
        {
            Apply(new HistoryEntry { Type = HistoryEventType.TimerFired, Time = default, Task = timer.Task, FireAt = timer.FireAt });
        }
    }

    /// <summary>Fails the run, unless it has ended: its orchestrator awaits what its context did not make.</summary>
    public void Violate(string message)
    {
        if (Run.Outcome is null)
        {
            _violation = message;
            Run.Fail(new ForeignAwaitException(message));
        }
    }

    /// <summary>After <see cref="Restart"/>, fails the run once more where it had failed by <see cref="Violate"/>.</summary>
    public void RepeatViolation()
    {
        if (_violation is not null)
        {
            Violate(_violation);
        }
    }

    /// <summary>Fails the run with the history that was last stored.</summary>
    public void Exceed(EngineLimitException e)
    {
        IsOverLimit = true;
        Run.Fail(e);
    }

    /// <summary>The next step of the loop is a checkpoint, though the run may not have changed.</summary>
    public void RequireCheckpoint() => NeedsCheckpoint = true;

    /// <summary>Storage has accepted the run as it stands.</summary>
    public void Checkpointed() => NeedsCheckpoint = false;

    // In the inbox of one that begins again are those that its runs before have not taken.
    private bool IsKnown(string? message) =>
        message is not null
        && (Run.History.Any(e => e.MessageId == message) || _instance.Stored.Taken?.Contains(message) == true);

    private OrchestrationRun New()
    {
        InstanceDocument instance = _instance.Stored;
        return new OrchestrationRun(instance, () => _registry.Orchestrators[instance.Name](), _violated);
    }

    // An activity of a new instance may run before its call is stored. A child may not: without its call it would be another instance's.
    private void Replay()
    {
        Run.Replay(_instance.Stored.History, _instance.Stored.HasRun);
        NeedsCheckpoint |= Run.Children.Count > 0 && Run.History.Count > _instance.Stored.History.Count;
        CheckLength();
    }

    private void Apply(HistoryEntry happened)
    {
        DateTimeOffset now = _time.GetUtcNow();
        Run.Apply(happened with { Time = now > Run.LastTime ? now : Run.LastTime });
        NeedsCheckpoint = true;
        CheckLength();
    }

    private void CheckLength()
    {
        if (Run.History.Count > EngineLimits.HistoryEntries && !Run.HasReturned)
        {
            string id = _instance.Stored.Id;
            Exceed(new EngineLimitException(
                $"The history of instance '{id}' has more than {EngineLimits.HistoryEntries} entries: that is the limit."));
        }
    }
}
