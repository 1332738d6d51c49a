using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// The memories that the prompt of a window contains: the stored ones, with the changes that the answers to earlier windows made. Changes
/// by the owner's own words and others are kept apart, so that none of the others changes what the owner's may do.
/// </summary>
/// <remarks>
/// A memory belongs to the peer of the messages that it comes from. Where all messages of a question have the same one, or none has one,
/// each change is of that peer's memories, or the owner's own; where they differ, the answer says which. A case is always the owner's own.
/// </remarks>
internal sealed class MemoryLedger(MemoryExtraction extraction)
{
    private const string NoPeer = "the messages have different peers, and the answer names none of them";

    private readonly Dictionary<MemoryKey, Memory> _stored = [];
    private readonly HashSet<string> _peers = new(StringComparer.Ordinal);
    private bool _hasOwn;

    private readonly MemoryChangeSet _owners = new();
    private readonly MemoryChangeSet _others = new();
    private readonly List<MemorySkip> _skipped = [];

    /// <summary>The changes so far. The owner's come first, so that no number of others can crowd them out.</summary>
    public IReadOnlyList<MemoryChange> Changes => [.. _owners.All, .. _others.All];

    /// <summary>The changes that their sources do not allow.</summary>
    public IReadOnlyList<MemorySkip> Skipped => _skipped;

    /// <summary>Reads the owner's own memories, and those of the peers that messages have, unless it has them.</summary>
    public async Task ReadAsync(IEnumerable<PromptMessage> messages, CancellationToken cancellationToken)
    {
        if (!_hasOwn)
        {
            Keep(await extraction.ReadAsync(cancellationToken));
            _hasOwn = true;
        }

        foreach (string peer in messages.Select(static m => m.PeerId).OfType<string>().Where(p => !_peers.Contains(p)).Distinct().ToList())
        {
            Keep(await extraction.ReadOfPeerAsync(peer, cancellationToken));
            _peers.Add(peer);
        }
    }

    private void Keep(IReadOnlyList<Memory> memories)
    {
        foreach (Memory memory in memories)
        {
            _stored.TryAdd(new MemoryKey(memory.Info.Category, memory.Info.Name, memory.Info.Peer), memory);
        }
    }

    /// <summary>
    /// The memories of the next prompt, at most <paramref name="maxTokens"/> tokens: those that earlier windows changed come first.
    /// </summary>
    public IReadOnlyList<PromptMemory> Show(IEnumerable<PromptMessage> messages, Func<string, int> count, int maxTokens) =>
        Fit(Keys(messages).Select(Whole).OfType<PromptMemory>(), count, maxTokens);

    /// <summary>
    /// The same, for a question about the owner's words alone: with their contents the memories that come from the owner alone. Of
    /// others the name: where the sources are unknown, and where the owner's words contain each word of it. So what others named a
    /// memory says nothing there that the owner has not said.
    /// </summary>
    public IReadOnlyList<PromptMemory> ShowToOwner(IReadOnlyList<PromptMessage> messages, Func<string, int> count, int maxTokens)
    {
        var words = new OwnersWords(messages);
        return Fit(Keys(messages).Select(k => Owners(k, words)).OfType<PromptMemory>(), count, maxTokens);
    }

    /// <summary>Adds the changes of one answer, as far as their sources allow them.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="messages">The messages that the question contained.</param>
    /// <param name="sources">What the question contained.</param>
    /// <param name="shown">The memories that it contained.</param>
    public void Add(
        IEnumerable<MemoryChange> changes, IReadOnlyList<PromptMessage> messages, MemorySources? sources,
        IReadOnlyList<PromptMemory> shown)
    {
        string?[] peers = [.. messages.Select(static m => m.PeerId).Distinct(StringComparer.Ordinal)];
        HashSet<MemoryKey> seen = [.. shown.Where(static m => m.Content is not null).Select(static m => m.Key)];
        foreach (MemoryChange wanted in changes)
        {
            MemoryChange change = wanted with { Name = MemoryName.From(wanted.Name), Sources = sources, Peer = null };
            if (change.Category != MemoryCategory.Cases)
            {
                if (!TryFindPeer(wanted.Peer, peers, out string? peer))
                {
                    _skipped.Add(new MemorySkip(NoPeer, change.Category, change.Name));
                    continue;
                }

                change = change with { Peer = peer };
            }

            if (MemoryAuthority.Refusal(change) is { } refusal)
            {
                _skipped.Add(new MemorySkip(refusal, change.Category, change.Name) { Peer = change.Peer });
            }
            else if (sources == MemorySources.Owner)
            {
                AddOwners(change, seen);
            }
            else
            {
                _others.Add(change);
            }
        }
    }

    // Of different ones, that which the answer names as the question did, where it stands for one alone.
    private static bool TryFindPeer(string? named, string?[] peers, out string? peer)
    {
        if (peers.Length == 1)
        {
            peer = peers[0];
            return true;
        }

        string?[] fitting = [.. peers.Where(p => named == (p is null ? null : ConversationWindows.ShowPeer(p)))];
        peer = fitting.Length == 1 ? fitting[0] : null;
        return fitting.Length == 1;
    }

    private void AddOwners(MemoryChange change, HashSet<MemoryKey> seen)
    {
        MemoryKey memory = KeyOf(change);
        if (change.Operation == MemoryOperation.Delete && change.Peer is not null && After(memory) is null && _others.Find(memory) is null)
        {
            // Where the peer has none, what the owner takes back is the owner's own.
            memory = memory with { Peer = null };
            change = change with { Peer = null };
        }

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
        bool isAdded = change.Operation == MemoryOperation.Update && exists && !seen.Contains(memory);
        _owners.Add(isAdded ? change with { Operation = MemoryOperation.Merge } : change);
    }

    // Each memory once: those that were changed, then the stored ones. Those of the peers of messages, and the owner's own.
    private IEnumerable<MemoryKey> Keys(IEnumerable<PromptMessage> messages)
    {
        var peers = messages.Select(static m => m.PeerId).ToHashSet(StringComparer.Ordinal);
        return Changes.Select(KeyOf).Concat(_stored.Keys).Distinct().Where(k => k.Peer is null || peers.Contains(k.Peer));
    }

    private static MemoryKey KeyOf(MemoryChange change) => new(change.Category, change.Name, change.Peer);

    private PromptMemory? Whole(MemoryKey memory)
    {
        PromptMemory? own = After(memory);
        return _others.Find(memory) is not { } other
            ? own
            : Shown(
                memory,
                own?.Content is { } content ? $"{content.TrimEnd('\n')}\n{other.Content}" : other.Content,
                own is null ? other.Sources : MemoryAuthority.Union(own.Sources, other.Sources));
    }

    private PromptMemory? Owners(MemoryKey memory, OwnersWords words)
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
    private PromptMemory? After(MemoryKey memory)
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
            int tokens = count(memory.Content ?? "") + count(memory.Name) + count(memory.Peer ?? "") + 24;
            if (tokens <= maxTokens)
            {
                maxTokens -= tokens;
                shown.Add(memory);
            }
        }

        return shown;
    }

    private static PromptMemory Shown(MemoryKey memory, string? content, MemorySources? sources) =>
        new(Named(memory.Category), memory.Name, content, memory)
        {
            Peer = memory.Peer is { } peer ? ConversationWindows.ShowPeer(peer) : null,
            Sources = sources,
        };

    private static string Named(MemoryCategory category) => category.ToString().ToLowerInvariant();
}
