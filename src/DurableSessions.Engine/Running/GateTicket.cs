namespace DurableSessions.Engine.Running;

/// <summary>A place in the queue of a <see cref="FairGate"/>.</summary>
internal sealed class GateTicket(string key, Action<Slot> granted)
{
    private volatile LinkedListNode<GateTicket>? _node;

    public string Key { get; } = key;

    public Action<Slot> Granted { get; } = granted;

    /// <summary>Where it waits; written by its gate alone.</summary>
    public LinkedListNode<GateTicket>? Node
    {
        get => _node;
        set => _node = value;
    }

    /// <summary>Whether it waits: it may be granted at any moment.</summary>
    public bool IsWaiting => _node is not null;
}
