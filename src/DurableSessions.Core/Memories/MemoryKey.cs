using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>What makes a memory the one it is: the same name of another category, or for another peer, is another memory.</summary>
/// <param name="Category">What it is about.</param>
/// <param name="Name">Its name within the category.</param>
/// <param name="Peer">
/// The peer it belongs to, as <see cref="MemoryPeer.IsValid"/> takes it; <see langword="null"/>: it is the user's own, whatever the peer.
/// </param>
public sealed record MemoryKey(MemoryCategory Category, string Name, string? Peer = null)
{
    /// <summary>The catalogue that names it.</summary>
    internal MemoryShelf Shelf => ShelfOf(Peer);

    /// <summary>The catalogue that names the memories of a peer, or the user's own.</summary>
    internal static MemoryShelf ShelfOf(string? peer) => peer is null ? MemoryShelf.Own : MemoryShelf.Peers;
}
