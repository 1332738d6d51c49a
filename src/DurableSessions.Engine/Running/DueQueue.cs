namespace DurableSessions.Engine.Running;

/// <summary>
/// When this host should look at which instance. A reminder, and nothing more: an instance that is missing here, after a crash
/// or beyond the nearest <see cref="Capacity"/>, is found by the next sweep.
/// </summary>
internal sealed class DueQueue
{
    private const int Capacity = 10_000;

    private readonly Lock _lock = new();
    private readonly SortedSet<(DateTimeOffset Due, string Id)> _order = [];
    private readonly Dictionary<string, DateTimeOffset> _due = new(StringComparer.Ordinal);
    private readonly Signal _changed = new();

    /// <summary>Completes when an instance is added, or <see cref="Wake"/> is called.</summary>
    public Task Changed => _changed.Next;

    /// <summary>When the nearest instance is due; <see langword="null"/>: the queue is empty.</summary>
    public DateTimeOffset? Nearest
    {
        get
        {
            lock (_lock)
            {
                return _order.Count == 0 ? null : _order.Min.Due;
            }
        }
    }

    /// <summary>Adds an instance, or changes when it is due.</summary>
    public void Add(string id, DateTimeOffset due)
    {
        lock (_lock)
        {
            if (_due.Remove(id, out DateTimeOffset before))
            {
                _order.Remove((before, id));
            }

            _due.Add(id, due);
            _order.Add((due, id));
            if (_order.Count > Capacity)
            {
                (DateTimeOffset Due, string Id) last = _order.Max;
                _order.Remove(last);
                _due.Remove(last.Id);
            }
        }

        Wake();
    }

    /// <summary>When this host should look at an instance; <see langword="null"/>: it is not noted.</summary>
    public DateTimeOffset? Find(string id)
    {
        lock (_lock)
        {
            return _due.TryGetValue(id, out DateTimeOffset due) ? due : null;
        }
    }

    /// <summary>Removes an instance.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="noted">Removes it only where it is due at this time; <see langword="null"/>: at any time.</param>
    public void Remove(string id, DateTimeOffset? noted = null)
    {
        lock (_lock)
        {
            if (_due.TryGetValue(id, out DateTimeOffset due) && (noted is null || due == noted))
            {
                _due.Remove(id);
                _order.Remove((due, id));
            }
        }
    }

    /// <summary>Takes up to <paramref name="count"/> instances that are due, the earliest first.</summary>
    public IReadOnlyList<string> Take(DateTimeOffset now, int count)
    {
        lock (_lock)
        {
            List<string> taken = [];
            while (taken.Count < count && _order.Count > 0 && _order.Min.Due <= now)
            {
                (DateTimeOffset Due, string Id) first = _order.Min;
                _order.Remove(first);
                _due.Remove(first.Id);
                taken.Add(first.Id);
            }

            return taken;
        }
    }

    /// <summary>Completes <see cref="Changed"/>, so that the sweep looks again.</summary>
    public void Wake() => _changed.Send();
}
