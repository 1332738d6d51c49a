using DurableSessions.Engine.Instances;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Starts the activities that one instance waits for and this host has. A crash leaves them unanswered: the next owner calls
/// them again.
/// </summary>
internal sealed class InstanceActivities(
    ActivityDispatcher dispatcher,
    WorkerMailbox mailbox,
    TurnRunner runner,
    ILogger log,
    InstanceDocument instance,
    ReservedSlot? reserved)
{
    private readonly CancellationTokenSource _cancellation = new();

    // By task: calls that run or wait for a slot. A call that runs stays until its answer is taken from the mailbox.
    private readonly Dictionary<int, Call> _calls = [];

    // Until its activity is started. What was parked has had no answer since: it starts the activity, ends, or is given back.
    private ReservedSlot? _reserved = reserved;

    /// <summary>
    /// Whether an activity runs here, or waits for a slot, or could be started. What waits in an instance that was suspended does not
    /// count.
    /// </summary>
    public bool HasWork => _calls.Values.Any(c => !c.IsWaiting || !runner.Run.IsSuspended) || Due().Any();

    /// <summary>Whether there are activities to run here, and each of them waits for a slot or would have to.</summary>
    public bool OnlyWaitForSlots =>
        _reserved is null
        && HasWork
        && !runner.Run.IsSuspended
        && _calls.Values.All(static c => c.IsWaiting)
        && Due().All(t => dispatcher.Gate(t.Name!).IsFull);

    /// <summary>The names of the activities without an answer, also of those that this host has not.</summary>
    public IReadOnlyList<string> Unanswered => [.. runner.Run.Unanswered.Values.Select(static t => t.Name!).Distinct()];

    /// <summary>Starts what is due, or queues it where no slot is free; each answer goes to the mailbox.</summary>
    public void StartDue()
    {
        foreach (HistoryEntry scheduled in Due().ToList())
        {
            Start(scheduled);
        }
    }

    /// <summary>The answer of an activity has been taken from the mailbox.</summary>
    public void Remove(int task) => _calls.Remove(task);

    /// <summary>
    /// Cancels all that run, and withdraws what waits for a slot. The instance waits for none of them, and does not fail with one that
    /// throws.
    /// </summary>
    public void Cancel()
    {
        TryWithdraw();
        GiveBackReserved();
        if (!_cancellation.IsCancellationRequested)
        {
            _ = CancelAsync();
        }

        async Task CancelAsync()
        {
            try
            {
                await _cancellation.CancelAsync();
            }
            catch (Exception e)
            {
                log.ActivityThrewAtCancellation(e, instance.Id);
            }
        }
    }

    /// <summary>Withdraws what waits for a slot: it is due again. False: an activity runs here, as it may have its slot only now.</summary>
    public bool TryWithdraw()
    {
        foreach ((int task, Call call) in _calls.ToList())
        {
            if (call.Ticket is { } ticket && call.Gate.TryWithdraw(ticket))
            {
                _calls.Remove(task);
            }
        }

        return _calls.Count == 0;
    }

    private void GiveBackReserved()
    {
        _reserved?.Slot.GiveBack();
        _reserved = null;
    }

    private IEnumerable<HistoryEntry> Due() => runner.Run.IsSuspended
        ? []
        : runner.Run.Unanswered.Values.Where(t => !_calls.ContainsKey(t.Task!.Value) && dispatcher.Knows(t.Name!));

    private void Start(HistoryEntry scheduled)
    {
        FairGate gate = dispatcher.Gate(scheduled.Name!);
        GateTicket? ticket = null;
        if (_reserved is { } reservation && reservation.Activity == scheduled.Name)
        {
            _reserved = null;
            Run(reservation.Slot);
        }
        else
        {
            ticket = gate.Enter(instance.FairnessKey ?? "", Run);
        }

        _calls.Add(scheduled.Task!.Value, new Call(gate, ticket));

        void Run(Slot slot) => _ = Task.Run(() => RunAsync(scheduled, slot), CancellationToken.None);
    }

    private async Task RunAsync(HistoryEntry scheduled, Slot slot)
    {
        HistoryEntry? answer = await dispatcher.RunAsync(instance, scheduled, slot, _cancellation.Token);
        if (!await mailbox.AnswerAsync(new WorkerMessage.Answer(scheduled.Task!.Value, answer)))
        {
            log.AnswerCameLate(scheduled.Name, instance.Id);
        }
    }

    private sealed record Call(FairGate Gate, GateTicket? Ticket)
    {
        public bool IsWaiting => Ticket is { IsWaiting: true };
    }
}
