using System.Diagnostics.CodeAnalysis;

namespace DurableSessions.Engine.Running;

/// <summary>
/// What waits, by fairness key. Next is the key whose last turn is the longest ago, and of its own the one that came first: while a key
/// waits, no other key has two turns before it has one. Belongs to one thread at a time.
/// </summary>
/// <remarks>
/// A key that joins comes before those that had a turn, or joined, among the last <see cref="Ahead"/> of all keys, and behind those that
/// wait for longer: also where new keys come without end, each has its turn.
/// The turns of the last <see cref="RememberedKeys"/> keys that do not wait are remembered: a key that waits again is behind those that
/// have waited since. A key that is forgotten counts as new: it comes before those that have had a turn.
/// </remarks>
internal sealed class FairQueue<T>
{
    private const int RememberedKeys = 1_000;
    private const int Ahead = 64;

    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly SortedSet<Line> _waiting = new(Comparer<Line>.Create(static (a, b) => a.Order.CompareTo(b.Order)));
    private readonly LinkedList<Line> _idle = [];
    private long _clock;

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many lines are kept, of keys that wait and of keys that are remembered.</summary>
    public int Lines => _lines.Count;

    /// <summary>Puts an item at the end of its key's line. The node is for <see cref="Remove"/>.</summary>
    public LinkedListNode<T> Add(string key, T item)
    {
        Line line = Find(key);
        LinkedListNode<T> node = line.Items.AddLast(item);
        Count++;
        if (line.Items.Count == 1)
        {
            line.Joined = ++_clock;
            _waiting.Add(line);
        }

        Remember(line);
        return node;
    }

    /// <summary>Removes an item that waits.</summary>
    public void Remove(string key, LinkedListNode<T> node)
    {
        Line line = _lines[key];
        line.Items.Remove(node);
        Count--;
        if (line.Items.Count == 0)
        {
            _waiting.Remove(line);
        }

        Remember(line);
    }

    /// <summary>Takes the item whose turn it is.</summary>
    public bool TryTake([MaybeNullWhen(false)] out T item)
    {
        if (_waiting.Min is not { } line)
        {
            item = default;
            return false;
        }

        item = line.Items.First!.Value;
        line.Items.RemoveFirst();
        Count--;
        Turn(line);
        return true;
    }

    /// <summary>A key has a turn without waiting.</summary>
    public void Turn(string key) => Turn(Find(key));

    private void Turn(Line line)
    {
        _waiting.Remove(line);
        line.LastTurn = ++_clock;
        if (line.Items.Count > 0)
        {
            _waiting.Add(line);
        }

        Remember(line);
    }

    private Line Find(string key)
    {
        if (!_lines.TryGetValue(key, out Line? line))
        {
            line = new Line(key);
            _lines.Add(key, line);
        }

        return line;
    }

    // A line that is empty is kept for its last turn, until there are newer ones.
    private void Remember(Line line)
    {
        if (line.Idle is { } node)
        {
            _idle.Remove(node);
            line.Idle = null;
        }

        if (line.Items.Count == 0)
        {
            line.Idle = _idle.AddLast(line);
            if (_idle.Count > RememberedKeys)
            {
                _lines.Remove(_idle.First!.Value.Key);
                _idle.RemoveFirst();
            }
        }
    }

    private sealed class Line(string key)
    {
        public string Key { get; } = key;

        public LinkedList<T> Items { get; } = [];

        public long LastTurn { get; set; }

        public long Joined { get; set; }

        public LinkedListNode<Line>? Idle { get; set; }

        public (long Turn, long Joined) Order => (Math.Max(LastTurn, Joined - Ahead), Joined);
    }
}
