using DurableSessions.Core.Memories;

namespace DurableSessions.Semantics.Chat;

/// <summary>Changes in the order in which their memories were first changed; several of one memory are combined into one.</summary>
internal sealed class MemoryChangeSet
{
    private readonly Dictionary<MemoryKey, MemoryChange> _changes = [];
    private readonly List<MemoryKey> _order = [];

    public IEnumerable<MemoryChange> All => _order.Select(k => _changes[k]);

    public MemoryChange? Find(MemoryKey memory) => _changes.GetValueOrDefault(memory);

    public bool Remove(MemoryKey memory) => _changes.Remove(memory) && _order.Remove(memory);

    public void Add(MemoryChange change)
    {
        var memory = change.Key;
        if (!_changes.TryGetValue(memory, out MemoryChange? before))
        {
            _order.Add(memory);
            _changes[memory] = change;
        }
        else if (change.Operation is MemoryOperation.Merge or MemoryOperation.Create && before.Operation != MemoryOperation.Delete)
        {
            _changes[memory] = before with
            {
                Content = $"{before.Content.TrimEnd('\n')}\n{change.Content}",
                Sources = MemoryAuthority.Union(before.Sources, change.Sources),
            };
        }
        else
        {
            // What stands behind a deletion replaces what was there, and is not added to it.
            _changes[memory] = change with
            {
                Operation = change.Operation == MemoryOperation.Delete ? MemoryOperation.Delete : MemoryOperation.Update,
            };
        }
    }
}
