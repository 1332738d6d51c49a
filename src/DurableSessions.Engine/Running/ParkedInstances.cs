using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>
/// The parked instances that this host knows: no host owns them, since all they need is a slot for an activity. They wait in the gates of
/// those activities, beside what waits in memory, and one is claimed once it has a slot. A reminder, and nothing more: an instance that is
/// missing here, after a crash or beyond <paramref name="capacity"/>, is found by the next sweep.
/// </summary>
/// <remarks>Beyond the capacity the key with the most instances loses its newest: a key with few keeps its turns.</remarks>
internal sealed class ParkedInstances(ActivityDispatcher dispatcher, EngineLifetime lifetime, int capacity = 10_000)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Parked> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LinkedList<Parked>> _byKey = new(StringComparer.Ordinal);
    private readonly SortedSet<(int Count, string Key)> _counts = new(Comparer<(int Count, string Key)>.Create(
        static (a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : string.CompareOrdinal(a.Key, b.Key)));

    private Func<string, ReservedSlot, Task>? _claim;
    private long _listing;

    /// <summary>How many this host knows.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byId.Count;
            }
        }
    }

    /// <summary>From now on instances are noted, and claimed by a function that gives the slot back.</summary>
    public void Open(Func<string, ReservedSlot, Task> claim)
    {
        lock (_lock)
        {
            _claim = claim;
        }
    }

    /// <summary>Notes a parked instance that was seen in storage, unless it is noted or this host has none of its activities.</summary>
    public void Offer(InstanceHeader header)
    {
        lock (_lock)
        {
            if (_claim is null || lifetime.Stopping.IsCancellationRequested)
            {
                return;
            }

            if (_byId.TryGetValue(header.Id, out Parked? known))
            {
                if (known.Header.WaitsFor.SequenceEqual(header.WaitsFor) && known.Header.FairnessKey == header.FairnessKey)
                {
                    known.Listing = _listing;
                    return;
                }

                Drop(known);
            }

            List<string> names = [.. header.WaitsFor.Where(dispatcher.Knows).Distinct(StringComparer.Ordinal)];
            if (names.Count > 0 && HasRoom(header.FairnessKey ?? ""))
            {
                Add(new Parked(header, _listing), names);
            }
        }
    }

    /// <summary>Forgets an instance.</summary>
    public void Remove(string id)
    {
        lock (_lock)
        {
            if (_byId.TryGetValue(id, out Parked? parked))
            {
                Drop(parked);
            }
        }
    }

    /// <summary>A listing begins that has every parked instance.</summary>
    public void BeginListing()
    {
        lock (_lock)
        {
            _listing++;
        }
    }

    /// <summary>The listing is complete: forgets what was noted before it and was not in it.</summary>
    public void EndListing()
    {
        lock (_lock)
        {
            foreach (Parked parked in _byId.Values.Where(p => p.Listing < _listing).ToList())
            {
                Drop(parked);
            }
        }
    }

    private bool HasRoom(string key)
    {
        if (_byId.Count < capacity)
        {
            return true;
        }

        (int Count, string Key) most = _counts.Max;
        if (_byKey.TryGetValue(key, out LinkedList<Parked>? own) && own.Count >= most.Count)
        {
            return false;
        }

        Drop(_byKey[most.Key].Last!.Value);
        return true;
    }

    private void Add(Parked parked, List<string> names)
    {
        _byId.Add(parked.Header.Id, parked);
        if (!_byKey.TryGetValue(parked.Key, out LinkedList<Parked>? line))
        {
            line = [];
            _byKey.Add(parked.Key, line);
        }

        _counts.Remove((line.Count, parked.Key));
        line.AddLast(parked.Node);
        _counts.Add((line.Count, parked.Key));
        foreach (string name in names)
        {
            FairGate gate = dispatcher.Gate(name);
            GateTicket ticket = gate.Enter(parked.Key, slot => Granted(parked, new ReservedSlot(name, slot)));
            if (parked.Node.List is null)
            {
                // It had a slot at once.
                return;
            }

            parked.Tickets.Add((gate, ticket));
        }
    }

    private void Drop(Parked parked)
    {
        _byId.Remove(parked.Header.Id);
        LinkedList<Parked> line = _byKey[parked.Key];
        _counts.Remove((line.Count, parked.Key));
        line.Remove(parked.Node);
        if (line.Count > 0)
        {
            _counts.Add((line.Count, parked.Key));
        }
        else
        {
            _byKey.Remove(parked.Key);
        }

        parked.Tickets.ForEach(static t => t.Gate.TryWithdraw(t.Ticket));
    }

    // Called by a gate, on any thread.
    private void Granted(Parked parked, ReservedSlot slot)
    {
        Func<string, ReservedSlot, Task>? claim = null;
        lock (_lock)
        {
            if (parked.Node.List is not null)
            {
                Drop(parked);
                claim = _claim;
            }
        }

        if (claim is null)
        {
            slot.Slot.GiveBack();
        }
        else
        {
            _ = Task.Run(() => claim(parked.Header.Id, slot));
        }
    }

    private sealed class Parked
    {
        public Parked(InstanceHeader header, long listing)
        {
            Header = header;
            Listing = listing;
            Node = new LinkedListNode<Parked>(this);
        }

        public InstanceHeader Header { get; }

        public string Key => Header.FairnessKey ?? "";

        public long Listing { get; set; }

        /// <summary>Where it is in its key's line; in none once it has a slot, or is forgotten.</summary>
        public LinkedListNode<Parked> Node { get; }

        public List<(FairGate Gate, GateTicket Ticket)> Tickets { get; } = [];
    }
}
