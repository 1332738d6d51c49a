using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// The memories that the prompt of a window contains: the stored ones, with the changes that the answers to earlier windows made. Changes
/// by the owner's own words and others are kept apart, so that none of the others changes what the owner's may do.
/// </summary>
internal sealed class MemoryLedger(IReadOnlyList<Memory> memories)
{
    private readonly Dictionary<(MemoryCategory, string), Memory> _stored =
        memories.ToDictionary(static m => (m.Info.Category, m.Info.Name));

    private readonly MemoryChangeSet _owners = new();
    private readonly MemoryChangeSet _others = new();
    private readonly List<MemorySkip> _skipped = [];

    /// <summary>The changes so far. The owner's come first, so that no number of others can crowd them out.</summary>
    public IReadOnlyList<MemoryChange> Changes => [.. _owners.All, .. _others.All];

    /// <summary>The changes that their sources do not allow.</summary>
    public IReadOnlyList<MemorySkip> Skipped => _skipped;

    /// <summary>
    /// The memories of the next prompt, at most <paramref name="maxTokens"/> tokens: those that earlier windows changed come first.
    /// </summary>
    public IReadOnlyList<PromptMemory> Show(Func<string, int> count, int maxTokens) =>
        Fit(Keys().Select(Whole).OfType<PromptMemory>(), count, maxTokens);

    /// <summary>
    /// The same, for a question about the owner's words alone: with their contents the memories that come from the owner alone. Of
    /// others the name: where the sources are unknown, and where the owner's words contain each word of it. So what others named a
    /// memory says nothing there that the owner has not said.
    /// </summary>
    public IReadOnlyList<PromptMemory> ShowToOwner(OwnersWords words, Func<string, int> count, int maxTokens) =>
        Fit(Keys().Select(k => Owners(k, words)).OfType<PromptMemory>(), count, maxTokens);

    /// <summary>Adds the changes of one answer, as far as their sources allow them.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="sources">What the question contained.</param>
    /// <param name="shown">The memories that it contained.</param>
    public void Add(IEnumerable<MemoryChange> changes, MemorySources? sources, IReadOnlyList<PromptMemory> shown)
    {
        var seen = shown.Where(static m => m.Content is not null).Select(static m => (m.Category, m.Name)).ToHashSet();
        foreach (MemoryChange wanted in changes)
        {
            MemoryChange change = wanted with { Name = MemoryName.From(wanted.Name), Sources = sources };
            if (MemoryAuthority.Refusal(change) is { } refusal)
            {
                _skipped.Add(new MemorySkip(refusal, change.Category, change.Name));
            }
            else if (sources == MemorySources.Owner)
            {
                AddOwners(change, seen.Contains((Named(change.Category), change.Name)));
            }
            else
            {
                _others.Add(change);
            }
        }
    }

    private void AddOwners(MemoryChange change, bool isSeen)
    {
        var memory = (change.Category, change.Name);
        bool exists = _stored.ContainsKey(memory);
        if (change.Operation == MemoryOperation.Delete)
        {
            bool wasOthers = _others.Remove(memory);
            if (!exists && (_owners.Remove(memory) || wasOthers))
            {
                return;
            }
        }

        // It cannot replace what the question did not contain.
        bool isAdded = change.Operation == MemoryOperation.Update && exists && !isSeen;
        _owners.Add(isAdded ? change with { Operation = MemoryOperation.Merge } : change);
    }

    // Each memory once: those that were changed, then the stored ones.
    private IEnumerable<(MemoryCategory, string)> Keys() =>
        Changes.Select(static c => (c.Category, c.Name)).Concat(_stored.Keys).Distinct();

    private PromptMemory? Whole((MemoryCategory Category, string Name) memory)
    {
        PromptMemory? own = After(memory);
        return _others.Find(memory) is not { } other
            ? own
            : Shown(
                memory,
                own?.Content is { } content ? $"{content.TrimEnd('\n')}\n{other.Content}" : other.Content,
                own is null ? other.Sources : MemoryAuthority.Union(own.Sources, other.Sources));
    }

    private PromptMemory? Owners((MemoryCategory Category, string Name) memory, OwnersWords words)
    {
        MemoryChange? other = _others.Find(memory);
        PromptMemory? own = After(memory);
        return own is { Sources: MemorySources.Owner }
            ? own
            : (own is { Sources: null } && other is null) || ((own is not null || other is not null) && words.Contain(memory.Name))
                ? Shown(memory, null, null)
                : null;
    }

    // As the owner's changes leave it; null: there is no such memory.
    private PromptMemory? After((MemoryCategory Category, string Name) memory)
    {
        Memory? stored = _stored.GetValueOrDefault(memory);
        return _owners.Find(memory) is not { } change
            ? stored is null ? null : Shown(memory, stored.Content, stored.Info.Sources)
            : change.Operation == MemoryOperation.Delete
                ? null
                : stored is null || change.Operation == MemoryOperation.Update
                    ? Shown(memory, change.Content, change.Sources)
                    : Shown(
                        memory,
                        $"{stored.Content.TrimEnd('\n')}\n{change.Content}",
                        MemoryAuthority.Union(stored.Info.Sources, change.Sources));
    }

    private static List<PromptMemory> Fit(IEnumerable<PromptMemory> memories, Func<string, int> count, int maxTokens)
    {
        var shown = new List<PromptMemory>();
        foreach (PromptMemory memory in memories)
        {
            int tokens = count(memory.Content ?? "") + count(memory.Name) + 24;
            if (tokens <= maxTokens)
            {
                maxTokens -= tokens;
                shown.Add(memory);
            }
        }

        return shown;
    }

    private static PromptMemory Shown((MemoryCategory Category, string Name) memory, string? content, MemorySources? sources) =>
        new(Named(memory.Category), memory.Name, content) { Sources = sources };

    private static string Named(MemoryCategory category) => category.ToString().ToLowerInvariant();
}
