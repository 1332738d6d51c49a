namespace DurableSessions.Engine.Running;

/// <summary>
/// Lets a number of calls run at a time, and the keys that wait in turn: see <see cref="FairQueue{T}"/>. A key that joins while another has
/// a backlog has the next slot that becomes free.
/// </summary>
/// <param name="limit">How many run at a time; at least 1.</param>
internal sealed class FairGate(int limit)
{
    private readonly Lock _lock = new();
    private readonly FairQueue<GateTicket> _queue = new();
    private int _entered;

    /// <summary>Whether a call that came now would have to wait.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return _entered >= limit;
            }
        }
    }

    /// <summary>How many have a slot.</summary>
    public int Running => Volatile.Read(ref _entered);

    /// <summary>How many wait for one.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Asks for a slot. No slot is free while a ticket waits.</summary>
    /// <param name="key">Whose turn it is to be.</param>
    /// <param name="granted">
    /// Gets the slot, and gives it back: called at once where one is free, otherwise by the call that leaves, and never after
    /// <see cref="TryWithdraw"/> returned true. It must not block or throw.
    /// </param>
    public GateTicket Enter(string key, Action<Slot> granted)
    {
        var ticket = new GateTicket(key, granted);
        lock (_lock)
        {
            if (_entered >= limit)
            {
                ticket.Node = _queue.Add(key, ticket);
                return ticket;
            }

            _entered++;
            _queue.Turn(key);
        }

        granted(new Slot(this));
        return ticket;
    }

    /// <summary>Takes back a ticket that waits. False: its slot is granted, or it was withdrawn before.</summary>
    public bool TryWithdraw(GateTicket ticket)
    {
        lock (_lock)
        {
            if (ticket.Node is not { } node)
            {
                return false;
            }

            _queue.Remove(ticket.Key, node);
            ticket.Node = null;
            return true;
        }
    }

    /// <summary>A slot is free again. Called by the slot.</summary>
    internal void Leave()
    {
        GateTicket? next;
        lock (_lock)
        {
            if (!_queue.TryTake(out next))
            {
                _entered--;
                return;
            }

            next.Node = null;
        }

        next.Granted(new Slot(this));
    }
}
