using DurableSessions.Core.Indexing;
using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Recall;

/// <summary>
/// What may be found. How well something fits does not depend on it. What a filter cannot be answered for is not found: a memory has no
/// session or role, the abstract of an archive, and its overview, none of role, peer and time, and a message and an archive have no tags.
/// </summary>
public sealed record SearchFilter
{
    /// <summary>Finds everything.</summary>
    public static SearchFilter None { get; } = new();

    /// <summary>Only messages and archives of this session.</summary>
    public string? SessionId { get; init; }

    /// <summary>Only messages of this role.</summary>
    public string? Role { get; init; }

    /// <summary>Only messages that concern this peer, and memories that belong to it.</summary>
    public string? Peer { get; init; }

    /// <summary>
    /// What this peer may see: no message that concerns another one, no abstract of an archive that has such messages, and no memory that
    /// belongs to another one. Messages that name none are seen, and so are the user's own memories. An overview, which is of all archives
    /// of the session up to its own, is seen only where all messages of each of them are known to be: of a session whose first archives
    /// have expired, or are not in the index, it is not.
    /// </summary>
    public string? SeenBy { get; init; }

    /// <summary>
    /// The peer that may see of memories its own and the user's own, where <see cref="SeenBy"/> says nothing: what was learnt in one
    /// project is not for another one, while what was said there may be found.
    /// </summary>
    public string? MemoriesSeenBy { get; init; }

    /// <summary>Only messages that were said, and memories that were last changed, from then on.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only messages that were said, and memories that were last changed, before then.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only memories of this category.</summary>
    public MemoryCategory? Category { get; init; }

    /// <summary>Only archives and live messages, and no memory.</summary>
    public bool OnlySessions { get; init; }

    /// <summary>Only memories that have all of these tags, each as <see cref="EventTags.Normalize"/> returns it.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Whether messages, and archives by them, may be found.</summary>
    internal bool AllowsMessages => Category is null && Tags.Count == 0;

    internal MessageFilter Messages => new()
    {
        SessionId = SessionId,
        Role = Role,
        Peer = Peer,
        SeenBy = SeenBy,
        From = From,
        To = To,
    };

    internal bool Allows(MemoryInfo memory) =>
        !OnlySessions && SessionId is null && Role is null && (Peer is null || Peer == memory.Peer)
        && (memory.Peer is null || ((SeenBy ?? MemoriesSeenBy) is var peer && (peer is null || peer == memory.Peer)))
        && (Category is null || Category == memory.Category)
        && Tags.All(t => memory.Tags?.Contains(t, StringComparer.Ordinal) == true)
        && !(memory.ChangedAt < From) && !(memory.ChangedAt >= To);

    /// <summary>
    /// Whether an archive may be found by its abstract, or by its overview; <see cref="SeenBy"/> is for who knows its messages.
    /// </summary>
    internal bool AllowsAbstract(ArchiveHit archive) =>
        AllowsMessages && (SessionId is null || SessionId == archive.Session.Id)
        && Role is null && Peer is null && From is null && To is null;
}
