namespace DurableSessions.Model.Tests.Checking;

/// <summary>
/// The states found so far, as 128-bit hashes in the order in which they were found, each with the state that led to it. Two states of the
/// same hash would be taken for one: among a hundred million that is less likely than one in 10^22.
/// </summary>
internal sealed class Seen
{
    private UInt128[] _hashes = new UInt128[1 << 16];
    private int[] _parents = new int[1 << 16];
    private int[] _slots = new int[1 << 18];

    public int Count { get; private set; }

    public UInt128 this[int state] => _hashes[state];

    public int ParentOf(int state) => _parents[state];

    /// <summary>Adds a state. False: it was there.</summary>
    public bool TryAdd(UInt128 hash, int parent)
    {
        int mask = _slots.Length - 1;
        int slot = (int)(ulong)hash & mask;
        while (_slots[slot] != 0)
        {
            if (_hashes[_slots[slot] - 1] == hash)
            {
                return false;
            }

            slot = (slot + 1) & mask;
        }

        if (Count == _hashes.Length)
        {
            Array.Resize(ref _hashes, 2 * Count);
            Array.Resize(ref _parents, 2 * Count);
        }

        _hashes[Count] = hash;
        _parents[Count] = parent;
        _slots[slot] = ++Count;
        if (Count * 2 > _slots.Length)
        {
            Grow();
        }

        return true;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 4];
        int mask = _slots.Length - 1;
        for (int state = 0; state < Count; state++)
        {
            int slot = (int)(ulong)_hashes[state] & mask;
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            _slots[slot] = state + 1;
        }
    }
}
