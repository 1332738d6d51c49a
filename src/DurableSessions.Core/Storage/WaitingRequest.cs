namespace DurableSessions.Core.Storage;

/// <summary>A storage request in a line. It ends when it may be sent, or is refused.</summary>
internal sealed class WaitingRequest : TaskCompletionSource<long>
{
    public WaitingRequest(NewWork? work, long since)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Work = work;
        Since = since;
        Node = new LinkedListNode<WaitingRequest>(this);
    }

    public NewWork? Work { get; }

    /// <summary>When it came.</summary>
    public long Since { get; }

    public LinkedListNode<WaitingRequest> Node { get; }
}
