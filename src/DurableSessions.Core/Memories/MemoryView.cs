namespace DurableSessions.Core.Memories;

/// <summary>Whose memories are read: always the user's own, and besides them those of no peer, of some, or of all.</summary>
public sealed class MemoryView
{
    private readonly IReadOnlySet<string>? _peers;

    private MemoryView(IReadOnlySet<string>? peers) => _peers = peers;

    /// <summary>The user's own memories, and those of all peers.</summary>
    public static MemoryView All { get; } = new(null);

    /// <summary>The user's own memories alone.</summary>
    public static MemoryView Own { get; } = new(new HashSet<string>());

    /// <summary>The user's own memories, and those of these peers.</summary>
    public static MemoryView Of(params IEnumerable<string> peers) => new(peers.ToHashSet(StringComparer.Ordinal));

    /// <summary>Whether a memory is among them.</summary>
    public bool Has(MemoryInfo memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return Has(memory.Peer);
    }

    /// <summary>Whether memories of a peer are among them; <see langword="null"/>: the user's own, which always are.</summary>
    public bool Has(string? peer) => peer is null || _peers?.Contains(peer) != false;

    /// <summary>Whether memories of any peer may be.</summary>
    internal bool HasPeers => _peers is not { Count: 0 };
}
