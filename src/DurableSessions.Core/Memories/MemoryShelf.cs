namespace DurableSessions.Core.Memories;

/// <summary>
/// Which of a user's two catalogues: the user's own memories, or those of all peers. A host of a version that has no memories of peers
/// reads and writes the first alone: it neither shows what belongs to a peer nor loses it.
/// </summary>
internal enum MemoryShelf
{
    /// <summary>Memories of the user, whatever the peer.</summary>
    Own,

    /// <summary>Memories that belong to one peer each.</summary>
    Peers,
}
