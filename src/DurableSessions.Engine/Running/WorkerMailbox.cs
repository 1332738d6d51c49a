using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>
/// The messages to one worker: answers of activities, and messages of this host's clients. Holds 256; then a sender waits. A
/// crash loses them: each client is without an answer, and each activity is called again.
/// </summary>
internal sealed class WorkerMailbox
{
    private const int Capacity = 256;

    private readonly Channel<WorkerMessage> _messages = Channel.CreateBounded<WorkerMessage>(Capacity);

    /// <summary>Hands over a message of a client, and waits until storage has it, or its instance is over or elsewhere.</summary>
    /// <exception cref="EngineLimitException">There is no room for it.</exception>
    public async Task<Delivery> DeliverAsync(HistoryEntry message, CancellationToken cancellationToken)
    {
        var delivered = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _messages.Writer.WriteAsync(new WorkerMessage.FromClient(message, delivered), cancellationToken);
        }
        catch (ChannelClosedException)
        {
            return Delivery.NotHere;
        }

        return await delivered.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Puts in the answer of an activity, or to a call, once there is room. False: the worker has ended.</summary>
    public async Task<bool> AnswerAsync(WorkerMessage answer)
    {
        try
        {
            await _messages.Writer.WriteAsync(answer, CancellationToken.None);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }

    /// <summary>Puts in a message without waiting. False: there is no room, or the worker has ended.</summary>
    public bool TryPut(WorkerMessage message) => _messages.Writer.TryWrite(message);

    /// <summary>Takes the next message, if there is one.</summary>
    public bool TryTake([NotNullWhen(true)] out WorkerMessage? message) => _messages.Reader.TryRead(out message);

    /// <summary>Completes when there is a message to take.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) => await _messages.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>
    /// Leaves what clients have sent to another mailbox, where there is room; later ones are answered as by <see cref="Close"/>.
    /// </summary>
    public void CloseInto(WorkerMailbox next)
    {
        _messages.Writer.Complete();
        while (_messages.Reader.TryRead(out WorkerMessage? message))
        {
            if (message is WorkerMessage.FromClient sent && !next.TryPut(sent))
            {
                sent.Delivered.TrySetResult(Delivery.NotHere);
            }
        }
    }

    /// <summary>Answers the clients that still wait, and any later one, that the instance is not run here.</summary>
    public void Close()
    {
        _messages.Writer.Complete();
        while (_messages.Reader.TryRead(out WorkerMessage? message))
        {
            (message as WorkerMessage.FromClient)?.Delivered.TrySetResult(Delivery.NotHere);
        }
    }
}
