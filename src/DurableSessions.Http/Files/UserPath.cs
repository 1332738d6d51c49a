using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.State;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Requests;

namespace DurableSessions.Http.Files;

/// <summary>
/// What a URI of the caller's leads to: <c>memories/{category}/{name}.md</c>, the same below <c>peers/{peer}</c>,
/// <c>sessions/{id}/history/archive_NNN/{file}</c>, and the
/// folders above them.
/// </summary>
internal sealed record UserPath
{
    /// <summary>The file of an archive's one line.</summary>
    public const string AbstractFile = ".abstract.md";

    /// <summary>The file of an archive's overview.</summary>
    public const string OverviewFile = ".overview.md";

    /// <summary>The file of an archive's messages, as they are stored.</summary>
    public const string MessagesFile = "messages.jsonl";

    /// <summary>The folder of the memories.</summary>
    public const string Memories = "memories";

    /// <summary>The folder of what belongs to peers.</summary>
    public const string Peers = "peers";

    /// <summary>The folder of the sessions.</summary>
    public const string Sessions = "sessions";

    /// <summary>The folder of a session's archives.</summary>
    public const string History = "history";

    private const string MemorySuffix = ".md";

    /// <summary>Which kind of place it is.</summary>
    public required UserPlace Place { get; init; }

    /// <summary>Of a memory, and of a folder of memories.</summary>
    public MemoryCategory Category { get; init; }

    /// <summary>Of a peer, and of its memories; <see langword="null"/>: the memories are the user's own.</summary>
    public string? Peer { get; init; }

    /// <summary>Of a memory.</summary>
    public string Name { get; init; } = "";

    /// <summary>Of a session, and what is below it.</summary>
    public SessionKey? Session { get; init; }

    /// <summary>Of an archive, and what is below it.</summary>
    public int Archive { get; init; }

    /// <summary>The file of an archive.</summary>
    public string File { get; init; } = "";

    /// <summary>The memory.</summary>
    public MemoryKey Memory => new(Category, Name, Peer);

    /// <summary>Reads a URI; <see langword="null"/>: no such place can be the caller's.</summary>
    /// <param name="uri">The URI.</param>
    /// <param name="actor">
    /// The peer for which the caller asks, who has no other peer's places; <see langword="null"/>: all are the caller's.
    /// </param>
    public static UserPath? Of(VikingUri uri, string? actor) => uri.Own switch
    {
        null => null,
        [] => new UserPath { Place = UserPlace.Home },
        [Memories, .. string[] rest] => OfMemories(null, rest),
        [Peers] => new UserPath { Place = UserPlace.Peers },
        [Peers, { } peer, .. string[] rest] when MemoryPeer.IsValid(peer) && (actor is null || actor == peer) => rest switch
        {
            [] => new UserPath { Place = UserPlace.Peer, Peer = peer },
            [Memories, .. string[] below] => OfMemories(peer, below),
            _ => null,
        },
        [Sessions] => new UserPath { Place = UserPlace.Sessions },
        [Sessions, { } id, .. string[] rest] when SessionKey.IsValidId(id) => OfSession(uri.Caller.Owner.Session(id), rest),
        _ => null,
    };

    private static UserPath? OfMemories(string? peer, string[] rest) => rest switch
    {
        [] => new UserPath { Place = UserPlace.Memories, Peer = peer },
        ["profile.md"] => new UserPath { Place = UserPlace.Profile, Peer = peer },
        [{ } category] when Find(category, out MemoryCategory of) =>
            new UserPath { Place = UserPlace.Category, Category = of, Peer = peer },
        [{ } category, { } file] when Find(category, out MemoryCategory of)
            && file.EndsWith(MemorySuffix, StringComparison.Ordinal) && MemoryName.IsValid(file[..^MemorySuffix.Length]) =>
            new UserPath { Place = UserPlace.Memory, Category = of, Name = file[..^MemorySuffix.Length], Peer = peer },
        _ => null,
    };

    private static UserPath? OfSession(SessionKey session, string[] rest) => rest switch
    {
        [] => new UserPath { Place = UserPlace.Session, Session = session },
        [History] => new UserPath { Place = UserPlace.History, Session = session },
        [History, { } id] when Wire.ArchiveNumber(id) is { } number =>
            new UserPath { Place = UserPlace.Archive, Session = session, Archive = number },
        [History, { } id, (AbstractFile or OverviewFile or MessagesFile or Wire.MemoryDiffFile) and { } file]
            when Wire.ArchiveNumber(id) is { } number =>
            new UserPath { Place = UserPlace.ArchiveFile, Session = session, Archive = number, File = file },
        _ => null,
    };

    private static bool Find(string folder, out MemoryCategory category)
    {
        MemoryCategory? found = Wire.FindCategory(folder);
        category = found.GetValueOrDefault();
        return found is not null;
    }
}
