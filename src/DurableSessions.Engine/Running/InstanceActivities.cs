using DurableSessions.Engine.Instances;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Starts the activities that one instance waits for and this host has. A crash leaves them unanswered: the next owner calls
/// them again.
/// </summary>
internal sealed class InstanceActivities(
    ActivityDispatcher dispatcher, WorkerMailbox mailbox, TurnRunner runner, ILogger log, string instanceId)
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly HashSet<int> _running = [];

    /// <summary>Whether an activity runs here, or could be started.</summary>
    public bool HasWork => _running.Count > 0 || Due().Any();

    /// <summary>Starts what is due; each answer goes to the mailbox.</summary>
    public void StartDue()
    {
        foreach (HistoryEntry scheduled in Due().ToList())
        {
            Start(scheduled);
        }
    }

    /// <summary>The answer of an activity has been taken from the mailbox.</summary>
    public void Remove(int task) => _running.Remove(task);

    /// <summary>Cancels all that run. The instance waits for none of them, and does not fail with one that throws.</summary>
    public void Cancel()
    {
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
                log.ActivityThrewAtCancellation(e, instanceId);
            }
        }
    }

    private IEnumerable<HistoryEntry> Due() => runner.Run.IsSuspended
        ? []
        : runner.Run.Unanswered.Values.Where(t => !_running.Contains(t.Task!.Value) && dispatcher.Knows(t.Name!));

    private void Start(HistoryEntry scheduled)
    {
        int task = scheduled.Task!.Value;
        _running.Add(task);
        CancellationToken cancellation = _cancellation.Token;
        _ = Task.Run(
            async () =>
            {
                HistoryEntry? answer = await dispatcher.RunAsync(instanceId, scheduled, cancellation);
                if (!await mailbox.AnswerAsync(new WorkerMessage.Answer(task, answer)))
                {
                    log.AnswerCameLate(scheduled.Name, instanceId);
                }
            },
            CancellationToken.None);
    }
}
