using DurableSessions.Engine.Instances;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>The activities of one instance that run on this host now.</summary>
internal sealed class RunningActivities(EngineParts engine, WorkerMailbox mailbox, string instanceId)
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly HashSet<int> _tasks = [];

    public int Count => _tasks.Count;

    public bool Contains(int task) => _tasks.Contains(task);

    /// <summary>Starts one; its answer goes to the mailbox.</summary>
    public void Start(HistoryEntry scheduled)
    {
        int task = scheduled.Task!.Value;
        _tasks.Add(task);
        CancellationToken cancellation = _cancellation.Token;
        _ = Task.Run(
            async () =>
            {
                HistoryEntry? answer = await engine.Dispatcher.RunAsync(instanceId, scheduled, cancellation);
                if (!await mailbox.AnswerAsync(new WorkerMessage.Answer(task, answer)))
                {
                    engine.Log.LogDebug("A result of {Activity} came after instance {InstanceId} had left this host", scheduled.Name, instanceId);
                }
            },
            CancellationToken.None);
    }

    /// <summary>Its answer has been taken from the mailbox.</summary>
    public void Remove(int task) => _tasks.Remove(task);

    /// <summary>Cancels them all. What they do then is their affair: nothing here waits for it, or fails with it.</summary>
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
                engine.Log.LogWarning(e, "An activity of instance {InstanceId} threw when it was cancelled", instanceId);
            }
        }
    }
}
