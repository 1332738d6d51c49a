using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>
/// Shows a digest the memories of its user, and remembers what it was shown: the changes that come back were decided against that. It hears
/// which peers the messages name: memories of others are neither shown nor changed.
/// </summary>
internal sealed class MemoryBaseline(
    MemoryCatalogues catalogues, MemoryContents contents, SessionKey session, IReadOnlyList<MemoryCategory> categories,
    MemoryPolicy? policy)
{
    private const int MaxPeers = 256;

    private readonly Dictionary<MemoryKey, string> _shown = [];
    private readonly HashSet<string> _peers = new(StringComparer.Ordinal);
    private readonly bool _allowsOwn = policy?.Self?.Enabled != false;
    private readonly bool _allowsPeers = policy?.Peer?.Enabled != false;

    /// <summary>What the digest is given.</summary>
    public MemoryExtraction Extraction => new(categories, token => _allowsOwn ? ReadAsync(null, token) : None())
    {
        AllowsOwn = _allowsOwn,
        AllowsPeers = _allowsPeers,
        StoresAll = session.Id.StartsWith(MemoryExtraction.StoreSession, StringComparison.Ordinal),
        ReadOfPeerAsync = (peer, token) =>
            _allowsPeers && _peers.Contains(peer) ? ReadAsync(peer, token) : None(),
    };

    /// <summary>A message of the archive.</summary>
    public void Hear(SessionMessage message)
    {
        if (_peers.Count < MaxPeers && MemoryPeer.IsValid(message.PeerId))
        {
            _peers.Add(message.PeerId!);
        }
    }

    /// <summary>
    /// The changes of a digest as far as they can be applied at all, with what each was decided against; and those that cannot.
    /// </summary>
    public (IReadOnlyList<MemoryChange> Changes, IReadOnlyList<MemorySkip> Skipped) Accept(IReadOnlyList<MemoryChange> wanted)
    {
        var changes = new List<MemoryChange>();
        var skipped = new List<MemorySkip>();
        foreach (MemoryChange change in wanted.Take(MemoryLimits.MaxChanges))
        {
            MemoryChange named = change with
            {
                Name = MemoryName.From(change.Name),
                Content = MemoryText.Clean(change.Content),
                Peer = change.Category == MemoryCategory.Cases ? null : change.Peer,
            };
            if (Refusal(named) is { } refusal)
            {
                skipped.Add(MemorySkip.Of(MemoryPeer.IsValid(named.Peer) ? named.Key : named.Key with { Peer = null }, refusal));
            }
            else
            {
                changes.Add(named with { Base = _shown.GetValueOrDefault(named.Key) });
            }
        }

        if (wanted.Count > MemoryLimits.MaxChanges)
        {
            skipped.Add(new MemorySkip(
                $"{wanted.Count - MemoryLimits.MaxChanges} more changes than the {MemoryLimits.MaxChanges} that one digest may ask for"));
        }

        return (changes, skipped);
    }

    private static Task<IReadOnlyList<Memory>> None() => Task.FromResult<IReadOnlyList<Memory>>([]);

    private async Task<IReadOnlyList<Memory>> ReadAsync(string? peer, CancellationToken cancellationToken)
    {
        IReadOnlyList<Memory> memories = await new MemorySelector(catalogues, contents)
            .ReadAsync(session.Owner, peer, categories, cancellationToken);
        foreach (Memory memory in memories)
        {
            _shown[memory.Info.Key] = memory.Content;
        }

        return memories;
    }

    private string? Refusal(MemoryChange change) =>
        !categories.Contains(change.Category)
            ? "the session's memory policy does not allow this category"
            : RefusalOf(change.Peer) is { } ofPeer
                ? ofPeer
                : MemoryAuthority.Refusal(change) is { } refusal
                    ? refusal
                    : change.Name.Length == 0 || !MemoryName.IsValid(change.Name)
                        ? "it has no name"
                        : change.Operation != MemoryOperation.Delete && string.IsNullOrWhiteSpace(change.Content)
                            ? "it has no content"
                            : change.Content.Length > MemoryLimits.MaxContentLength
                                ? $"it is longer than {MemoryLimits.MaxContentLength} characters"
                                : null;

    private string? RefusalOf(string? peer) =>
        peer is null
            ? _allowsOwn ? null : "the session's memory policy does not allow the user's own memories"
            : !_allowsPeers
                ? "the session's memory policy does not allow memories of peers"
                : !MemoryPeer.IsValid(peer)
                    ? $"memories belong to a peer of 1 to {MemoryPeer.MaxLength} characters of A-Z a-z 0-9 _ . @ -, and its peer is not one"
                    : _peers.Contains(peer)
                        ? null
                        : $"its peer is none of those that the archive's messages name, of which the first {MaxPeers} count";
}
