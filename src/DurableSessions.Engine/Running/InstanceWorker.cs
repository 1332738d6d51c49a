using Azure;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Replay;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Runs one claimed instance until it ends, is given up because it only waits, or is lost. One loop: take what has
/// happened, advance the orchestrator in memory, write one checkpoint, start what it asks for. What arrives while a
/// checkpoint is written goes into the next.
/// </summary>
internal sealed class InstanceWorker
{
    private readonly EngineParts _engine;
    private readonly OwnedInstance _instance;
    private readonly RunningActivities _running;
    private readonly List<HistoryEntry> _unstored = [];
    private readonly List<TaskCompletionSource<Delivery>> _unsaved = [];
    private readonly List<TaskCompletionSource<Delivery>> _late = [];
    private readonly CancellationToken _stopping;
    private readonly CancellationToken _gone;
    private OrchestrationRun _run;
    private string? _violation;
    private DateTimeOffset _renewAt;
    private bool _unwritten;
    private bool _overLimit;
    private bool _ended;
    private DateTimeOffset? _lookAgain;

    public InstanceWorker(EngineParts engine, StoredInstance claimed, ETag? finished)
    {
        _engine = engine;
        _instance = new OwnedInstance(engine.Store, claimed, finished);
        _running = new RunningActivities(engine, Mailbox, claimed.Document.Id);
        _stopping = engine.Stopping.Token;
        _gone = engine.Gone.Token;
        _renewAt = claimed.Document.OwnedUntil!.Value - engine.Options.Ownership + engine.Renewal;
        _run = NewRun();
        Snapshot = claimed.Document.ToMetadata();
    }

    private string Id => _instance.Stored.Id;

    /// <summary>The last checkpoint.</summary>
    public OrchestrationMetadata Snapshot { get; private set; }

    /// <summary>What reaches this worker.</summary>
    public WorkerMailbox Mailbox { get; } = new();

    /// <summary>Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            _ended = await LoopAsync();
            _lookAgain = _instance.Stored.Owner is null ? _instance.Stored.NextDue : null;
        }
        catch (Exception) when (_gone.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            _engine.Log.LogError(e, "Instance {InstanceId} is dropped; it goes on once its ownership has lapsed", Id);
            _lookAgain = _instance.Stored.OwnedUntil;
        }

        Settle(_unsaved, Delivery.NotHere);
        Settle(_late, Delivery.NotHere);
        _running.Cancel();
    }

    /// <summary>Turns away those who still wait; called once nobody finds this worker any more.</summary>
    public void Close()
    {
        Mailbox.Close();
        if (_ended)
        {
            return;
        }

        _engine.Watches.Tell(Id, null);
        if (_lookAgain is { } due)
        {
            _engine.Due.Add(Id, due);
        }
    }

    private OrchestrationRun NewRun()
    {
        InstanceDocument instance = _instance.Stored;
        return new OrchestrationRun(
            instance,
            () => _engine.Registry.Orchestrators[instance.Name](),
            message =>
            {
                if (!Mailbox.TryPut(new WorkerMessage.Violation(message)))
                {
                    _engine.Log.LogWarning("Instance {InstanceId} has left this host: {Violation}", Id, message);
                }
            });
    }

    // Returns whether the instance is over.
    private async Task<bool> LoopAsync()
    {
        if (_instance.Stored.Terminator is { } terminator)
        {
            _run.Terminate(_instance.Stored, terminator.Reason);
            TakeIn(_instance.Stored.Inbox);
        }
        else
        {
            Replay(_instance.Stored.Inbox);
        }

        while (true)
        {
            if (_run.Outcome is not null)
            {
                if (await EndAsync() is { } over)
                {
                    return over;
                }

                continue;
            }

            bool giveUp = _stopping.IsCancellationRequested || OnlyWaits();
            if (_stopping.IsCancellationRequested)
            {
                _running.Cancel();
            }

            if (giveUp || _unwritten)
            {
                switch (await CheckpointAsync(giveUp))
                {
                    case OwnerWrite.Lost:
                        return false;
                    case OwnerWrite.Written when giveUp && _instance.Stored.Owner is null:
                        return false;
                    default:
                        continue;
                }
            }

            Dispatch();
            await WaitAsync();
            TakeIn();
            FireTimers();
            _unwritten |= _engine.Time.GetUtcNow() >= _renewAt;
        }
    }

    // Whether nothing runs here, or will within the time of a renewal.
    private bool OnlyWaits() =>
        _running.Count == 0 && !Startable().Any() && !(_run.NextTimer?.FireAt <= _engine.Time.GetUtcNow() + _engine.Renewal);

    private IEnumerable<HistoryEntry> Startable() => _run.IsSuspended
        ? []
        : _run.Unanswered.Values.Where(t => !_running.Contains(t.Task!.Value) && _engine.Dispatcher.Knows(t.Name!));

    private void Dispatch()
    {
        foreach (HistoryEntry scheduled in Startable().ToList())
        {
            _running.Start(scheduled);
        }
    }

    private async Task WaitAsync()
    {
        DateTimeOffset until = _run.NextTimer?.FireAt is { } fire && fire < _renewAt ? fire : _renewAt;
        TimeSpan wait = _engine.Time.Until(until);
        if (wait <= TimeSpan.Zero)
        {
            return;
        }

        using var timeout = new CancellationTokenSource(wait, _engine.Time);
        using var wake = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping, _gone);
        try
        {
            await Mailbox.WaitAsync(wake.Token);
        }
        catch (OperationCanceledException)
        {
            _gone.ThrowIfCancellationRequested();
        }
    }

    private void TakeIn()
    {
        while (Mailbox.TryTake(out WorkerMessage? message))
        {
            switch (message)
            {
                case WorkerMessage.Answer { Task: var task, Entry: var entry }:
                    _running.Remove(task);
                    if (entry is not null)
                    {
                        TakeIn(entry);
                    }

                    break;
                case WorkerMessage.FromClient { Entry: var entry, Delivered: var delivered }:
                    TakeIn(entry, delivered);
                    break;
                case WorkerMessage.Violation { Message: var text } when _run.Outcome is null:
                    _violation = text;
                    _run.Fail(new ForeignAwaitException(text));
                    break;
                default:
                    break;
            }
        }
    }

    private void TakeIn(HistoryEntry message, TaskCompletionSource<Delivery> delivered)
    {
        if (_run.Outcome is not null)
        {
            _late.Add(delivered);
        }
        else if (message.Type == HistoryEventType.EventRaised && _run.BufferedEvents >= EngineLimits.BufferedEvents)
        {
            delivered.TrySetException(InstanceMessages.TooMany(Id));
        }
        else
        {
            TakeIn(message);
            _unsaved.Add(delivered);
        }
    }

    private void Replay(IReadOnlyList<HistoryEntry> inbox)
    {
        _run.Replay(_instance.Stored.History, hasRun: _instance.Stored.Status != OrchestrationRuntimeStatus.Pending);
        TakeIn(inbox);
    }

    // Others have appended messages and have acknowledged them; what this host took in since its last checkpoint has not
    // left the process. So it comes after them: the run is made again from what is stored.
    private void Rebuild(IReadOnlyList<HistoryEntry> inbox)
    {
        List<HistoryEntry> unstored = [.. _unstored];
        _unstored.Clear();
        _overLimit = false;
        Settle(_late, Delivery.NotHere);
        _run = NewRun();
        Replay(inbox);
        unstored.ForEach(TakeIn);
        if (_violation is not null && _run.Outcome is null)
        {
            _run.Fail(new ForeignAwaitException(_violation));
        }
    }

    private void TakeIn(IReadOnlyList<HistoryEntry> messages)
    {
        foreach (HistoryEntry message in messages)
        {
            TakeIn(message);
        }
    }

    // Messages that are already in the history are those whose sender has not had its answer.
    private void TakeIn(HistoryEntry happened)
    {
        bool changes = happened.Type switch
        {
            HistoryEventType.TaskCompleted or HistoryEventType.TaskFailed => _run.Unanswered.ContainsKey(happened.Task!.Value),
            HistoryEventType.ExecutionSuspended => !_run.IsSuspended,
            HistoryEventType.ExecutionResumed => _run.IsSuspended,
            _ => true,
        };
        _unstored.Add(happened);
        if (changes && (happened.MessageId is null || !_run.History.Any(e => e.MessageId == happened.MessageId)))
        {
            Apply(happened);
        }

        _unwritten |= happened.MessageId is not null;
    }

    private void FireTimers()
    {
        while (_run.Outcome is null && _run.NextTimer is { } timer && timer.FireAt <= _engine.Time.GetUtcNow())
        {
            Apply(new HistoryEntry { Type = HistoryEventType.TimerFired, Time = default, Task = timer.Task, FireAt = timer.FireAt });
        }
    }

    private void Apply(HistoryEntry happened)
    {
        DateTimeOffset now = _engine.Time.GetUtcNow();
        _run.Apply(happened with { Time = now > _run.LastTime ? now : _run.LastTime });
        _unwritten = true;
        if (_run.History.Count > EngineLimits.HistoryEntries && _run.Outcome is null)
        {
            Exceed(new EngineLimitException(
                $"The history of instance '{Id}' has more than {EngineLimits.HistoryEntries} entries: that is the limit."));
        }
    }

    // The instance fails with the history that was last stored: what went beyond the limit never was.
    private void Exceed(EngineLimitException e)
    {
        _overLimit = true;
        _run.Fail(e);
    }

    private async Task<OwnerWrite> CheckpointAsync(bool giveUp)
    {
        OwnerWriteResult result;
        try
        {
            result = await _instance.CheckpointAsync(Checkpoint(giveUp), _gone);
        }
        catch (EngineLimitException e)
        {
            Exceed(e);
            return OwnerWrite.Merge;
        }

        if (result.Stands)
        {
            _unstored.Clear();
            Settle(_unsaved, Delivery.Accepted);
        }

        if (result.Kind == OwnerWrite.Written)
        {
            _unwritten = false;
            _renewAt = _engine.Time.GetUtcNow() + _engine.Renewal;
            Snapshot = _instance.Stored.ToMetadata();
            _engine.Watches.Tell(Id, Snapshot);
        }
        else if (result.Kind == OwnerWrite.Merge && result.Stands)
        {
            TakeIn(result.Messages);
        }
        else if (result.Kind == OwnerWrite.Merge)
        {
            Rebuild(result.Messages);
        }
        else
        {
            _engine.Log.LogWarning("Instance {InstanceId} was taken over by another host", Id);
        }

        return result.Kind;
    }

    // Returns whether the instance is over; null: it goes on after all, by a message that came before its end.
    private async Task<bool?> EndAsync()
    {
        while (_run.Outcome is not null)
        {
            // No instance ends on an active blob that nobody has touched: it could not be told from a ghost.
            if (_instance.Stored.CheckpointId is null)
            {
                OwnerWrite touched = await CheckpointAsync(giveUp: false);
                if (touched == OwnerWrite.Lost)
                {
                    return false;
                }

                continue;
            }

            InstanceDocument final = InstanceWrites.Final(_instance.Stored, _run, _overLimit, _engine.Time.GetUtcNow());
            OwnerWriteResult result;
            try
            {
                result = await _instance.EndAsync(final, _gone);
            }
            catch (EngineLimitException e) when (!_overLimit)
            {
                Exceed(e);
                continue;
            }

            switch (result.Kind)
            {
                case OwnerWrite.Written:
                    Ended(final);
                    return true;
                case OwnerWrite.Lost:
                    _engine.Log.LogWarning("Instance {InstanceId} was taken over by another host before its end", Id);
                    return false;
                default:
                    TakeIn(result.Messages);
                    break;
            }
        }

        return null;
    }

    private void Ended(InstanceDocument final)
    {
        RunOutcome outcome = _run.Outcome!;
        _engine.Log.LogInformation(
            "Instance {InstanceId} ({Orchestrator}) {Status}: {Error}", Id, _instance.Stored.Name, outcome.Status, outcome.Failure?.ErrorMessage);
        Snapshot = final.ToMetadata();
        _engine.Watches.Tell(Id, Snapshot);
        Settle(_unsaved, Delivery.Accepted);
        Settle(_late, Delivery.Ended);
    }

    private InstanceDocument Checkpoint(bool giveUp)
    {
        DateTimeOffset now = _engine.Time.GetUtcNow();
        InstanceDocument checkpoint = InstanceWrites.Checkpoint(_instance.Stored, _run, _overLimit, now);
        return giveUp ? checkpoint.GivenBack(NextDue(now)) : checkpoint.OwnedBy(_instance.Owner, now + _engine.Options.Ownership);
    }

    private DateTimeOffset? NextDue(DateTimeOffset now)
    {
        if (_running.Count > 0 || Startable().Any())
        {
            return now;
        }

        // An activity that only other hosts know: this host looks again as seldom as at everything else.
        bool unknown = !_run.IsSuspended && _run.Unanswered.Count > 0;
        DateTimeOffset? fire = _run.NextTimer?.FireAt;
        DateTimeOffset later = now + _engine.Options.SweepInterval;
        if (unknown)
        {
            _engine.Log.LogWarning(
                "Instance {InstanceId} waits for a host that has the activities {Activities}",
                Id,
                string.Join(", ", _run.Unanswered.Values.Select(t => t.Name).Distinct()));
        }

        return unknown && !(fire < later) ? later : fire;
    }

    private static void Settle(List<TaskCompletionSource<Delivery>> deliveries, Delivery delivery)
    {
        deliveries.ForEach(d => d.TrySetResult(delivery));
        deliveries.Clear();
    }
}
