using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// The memories that the prompt of a window contains: the stored ones, with the changes that the answers to earlier windows made. Several
/// changes of one memory are combined into one.
/// </summary>
internal sealed class MemoryLedger(IReadOnlyList<Memory> memories)
{
    private readonly Dictionary<(MemoryCategory, string), string> _existing =
        memories.ToDictionary(static m => (m.Info.Category, m.Info.Name), static m => m.Content);

    private readonly Dictionary<(MemoryCategory, string), MemoryChange> _changes = [];
    private readonly List<(MemoryCategory Category, string Name)> _order = [];

    /// <summary>The changes so far.</summary>
    public IReadOnlyList<MemoryChange> Changes => [.. _order.Where(_changes.ContainsKey).Select(k => _changes[k])];

    /// <summary>
    /// The memories of the next prompt, at most <paramref name="maxTokens"/> tokens: those that earlier windows changed come first.
    /// </summary>
    public IReadOnlyList<PromptMemory> Show(Func<string, int> count, int maxTokens)
    {
        var shown = new List<PromptMemory>();
        IEnumerable<PromptMemory> changed = Changes.Where(static c => c.Operation != MemoryOperation.Delete)
            .Select(c => Shown(c.Category, c.Name, c.Operation == MemoryOperation.Merge ? $"{Existing(c)}{c.Content}" : c.Content));
        IEnumerable<PromptMemory> others = memories.Where(m => !_changes.ContainsKey((m.Info.Category, m.Info.Name)))
            .Select(static m => Shown(m.Info.Category, m.Info.Name, m.Content));
        foreach (PromptMemory memory in changed.Concat(others))
        {
            int tokens = count(memory.Content) + count(memory.Name) + 24;
            if (tokens <= maxTokens)
            {
                maxTokens -= tokens;
                shown.Add(memory);
            }
        }

        return shown;
    }

    /// <summary>Adds the changes of one answer.</summary>
    public void Add(IEnumerable<MemoryChange> changes)
    {
        foreach (MemoryChange change in changes)
        {
            var key = (change.Category, change.Name);
            if (!_changes.TryGetValue(key, out MemoryChange? before))
            {
                _order.Add(key);
                _changes[key] = change;
            }
            else if (change.Operation == MemoryOperation.Delete && !_existing.ContainsKey(key))
            {
                _changes.Remove(key);
                _order.Remove(key);
            }
            else if (change.Operation is MemoryOperation.Merge or MemoryOperation.Create && before.Operation != MemoryOperation.Delete)
            {
                _changes[key] = before with { Content = $"{before.Content.TrimEnd('\n')}\n{change.Content}" };
            }
            else
            {
                _changes[key] = change with
                {
                    Operation = change.Operation == MemoryOperation.Merge ? MemoryOperation.Update : change.Operation,
                };
            }
        }
    }

    private string Existing(MemoryChange change) =>
        _existing.TryGetValue((change.Category, change.Name), out string? content) ? content.TrimEnd('\n') + "\n" : "";

    private static PromptMemory Shown(MemoryCategory category, string name, string content) =>
        new(category.ToString().ToLowerInvariant(), name, content);
}
