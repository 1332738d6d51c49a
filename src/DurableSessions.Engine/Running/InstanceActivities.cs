using DurableSessions.Engine.Instances;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Starts the activities that one instance waits for and this host has. A crash leaves them unanswered: the next owner calls
/// them again.
/// </summary>
internal sealed class InstanceActivities(
    ActivityDispatcher dispatcher, WorkerMailbox mailbox, TurnRunner runner, ILogger log, InstanceDocument instance)
{
    private readonly CancellationTokenSource _cancellation = new();

    // By task: calls that run or wait for a slot. A call that runs stays until its answer is taken from the mailbox.
    private readonly Dictionary<int, Call> _calls = [];

    /// <summary>Whether an activity runs or waits here, or could be started.</summary>
    public bool HasWork => _calls.Count > 0 || Due().Any();

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
    /// Cancels all that run, and withdraws what waits for a slot. The instance waits for none of them, and does not fail with one that throws.
    /// </summary>
    public void Cancel()
    {
        Withdraw();
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

    private void Withdraw()
    {
        foreach ((int task, Call call) in _calls.ToList())
        {
            if (call.Gate.TryWithdraw(call.Ticket))
            {
                _calls.Remove(task);
            }
        }
    }

    private IEnumerable<HistoryEntry> Due() => runner.Run.IsSuspended
        ? []
        : runner.Run.Unanswered.Values.Where(t => !_calls.ContainsKey(t.Task!.Value) && dispatcher.Knows(t.Name!));

    private void Start(HistoryEntry scheduled)
    {
        FairGate gate = dispatcher.Gate(scheduled.Name!);
        GateTicket ticket = gate.Enter(
            instance.FairnessKey ?? "", slot => _ = Task.Run(() => RunAsync(scheduled, slot), CancellationToken.None));
        _calls.Add(scheduled.Task!.Value, new Call(gate, ticket));
    }

    private async Task RunAsync(HistoryEntry scheduled, Slot slot)
    {
        HistoryEntry? answer = await dispatcher.RunAsync(instance.Id, scheduled, slot, _cancellation.Token);
        if (!await mailbox.AnswerAsync(new WorkerMessage.Answer(scheduled.Task!.Value, answer)))
        {
            log.AnswerCameLate(scheduled.Name, instance.Id);
        }
    }

    private sealed record Call(FairGate Gate, GateTicket Ticket);
}
