namespace DurableSessions.Core.Indexing;

/// <summary>Which messages may be found. What a message's rarity and rank is measured by does not depend on it.</summary>
internal sealed record MessageFilter
{
    /// <summary>Finds every message.</summary>
    public static MessageFilter None { get; } = new();

    /// <summary>Those of this session.</summary>
    public string? SessionId { get; init; }

    /// <summary>Those of this role.</summary>
    public string? Role { get; init; }

    /// <summary>Those of this peer.</summary>
    public string? Peer { get; init; }

    /// <summary>Those that this peer may see: of another peer none, of none all.</summary>
    public string? SeenBy { get; init; }

    /// <summary>Those said from then on.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Those said before then.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Those of archives that it holds for.</summary>
    public Predicate<SegmentArchive>? Archive { get; init; }

    public bool Allows(SegmentArchive archive) =>
        (SessionId is null || SessionId == archive.SessionId) && Archive?.Invoke(archive) != false;

    public bool Allows(string role, string? peer, DateTimeOffset createdAt) =>
        (Role is null || Role == role) && (Peer is null || Peer == peer)
        && (SeenBy is null || peer is null || SeenBy == peer)
        && !(createdAt < From) && !(createdAt >= To);
}
