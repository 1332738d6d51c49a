using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Takes the events of clients and the answers of activities into the run of one instance, and acknowledges a client once
/// storage has its message.
/// </summary>
internal sealed class InstanceInbox(
    WorkerMailbox mailbox, TurnRunner runner, InstanceActivities activities, InstanceChildren children, string instanceId)
{
    // In the run, and in no checkpoint yet. A crash loses this copy, and no more: an activity is called again, a message
    // that another host appended is in the blob, and a client of this host has had no acknowledgement.
    private readonly List<HistoryEntry> _takenSinceCheckpoint = [];

    // The clients whose messages are among them. A crash leaves each without an answer.
    private readonly List<TaskCompletionSource<Delivery>> _clientsAwaitingCheckpoint = [];

    // The clients whose messages came after the orchestrator had ended, and before storage had its end. A crash leaves each
    // without an answer.
    private readonly List<TaskCompletionSource<Delivery>> _clientsAwaitingEnd = [];

    /// <summary>Completes when the mailbox has something, or when <paramref name="cancellationToken"/> is signalled.</summary>
    /// <exception cref="OperationCanceledException">It was signalled.</exception>
    public Task WaitAsync(CancellationToken cancellationToken) => mailbox.WaitAsync(cancellationToken);

    /// <summary>Takes all that the mailbox has now.</summary>
    public void TakeFromMailbox()
    {
        while (mailbox.TryTake(out WorkerMessage? message))
        {
            switch (message)
            {
                case WorkerMessage.Answer { Task: var task, Entry: var entry }:
                    activities.Remove(task);
                    if (entry is not null)
                    {
                        Take(entry);
                    }

                    break;
                case WorkerMessage.ChildCreated { Task: var task, Failed: var failed }:
                    children.Created(task);
                    if (failed is not null)
                    {
                        Take(failed);
                    }

                    break;
                case WorkerMessage.FromClient { Entry: var entry, Delivered: var delivered }:
                    TakeFromClient(entry, delivered);
                    break;
                case WorkerMessage.Violation { Message: var text }:
                    runner.Violate(text);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Takes messages that other hosts appended to the blob, and have acknowledged.</summary>
    public void TakeAppended(IReadOnlyList<HistoryEntry> messages)
    {
        foreach (HistoryEntry message in messages)
        {
            Take(message);
        }
    }

    /// <summary>
    /// Makes the run again from what is stored, with the messages of other hosts before those of this one: they are
    /// acknowledged, and what this host took since its last checkpoint has not left the process.
    /// </summary>
    public void TakeAppendedFirst(IReadOnlyList<HistoryEntry> messages)
    {
        List<HistoryEntry> taken = [.. _takenSinceCheckpoint];
        _takenSinceCheckpoint.Clear();
        Answer(_clientsAwaitingEnd, Delivery.NotHere);
        runner.Restart();
        TakeAppended(messages);
        taken.ForEach(Take);
        runner.RepeatViolation();
    }

    /// <summary>The checkpoint stands: acknowledges the messages that are in it.</summary>
    public void Acknowledge()
    {
        _takenSinceCheckpoint.Clear();
        Answer(_clientsAwaitingCheckpoint, Delivery.Accepted);
    }

    /// <summary>The end stands: acknowledges what came before it, and answers the rest that the instance is over.</summary>
    public void AcknowledgeEnd()
    {
        Answer(_clientsAwaitingCheckpoint, Delivery.Accepted);
        Answer(_clientsAwaitingEnd, Delivery.Ended);
    }

    /// <summary>Answers every client that still waits that the instance is not run here.</summary>
    public void TurnAway()
    {
        Answer(_clientsAwaitingCheckpoint, Delivery.NotHere);
        Answer(_clientsAwaitingEnd, Delivery.NotHere);
    }

    private void TakeFromClient(HistoryEntry message, TaskCompletionSource<Delivery> delivered)
    {
        if (runner.Run.Outcome is not null)
        {
            _clientsAwaitingEnd.Add(delivered);
        }
        else if (message.Type == HistoryEventType.EventRaised && runner.Run.BufferedEvents >= EngineLimits.BufferedEvents)
        {
            delivered.TrySetException(InstanceMessages.TooMany(instanceId));
        }
        else
        {
            Take(message);
            _clientsAwaitingCheckpoint.Add(delivered);
        }
    }

    private void Take(HistoryEntry happened)
    {
        _takenSinceCheckpoint.Add(happened);
        runner.Receive(happened);
    }

    private static void Answer(List<TaskCompletionSource<Delivery>> clients, Delivery delivery)
    {
        clients.ForEach(c => c.TrySetResult(delivery));
        clients.Clear();
    }
}
