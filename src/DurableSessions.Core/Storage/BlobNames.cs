using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Storage;

/// <summary>
/// Where each thing lies in the container. Everything a session owns except its manifest and its tasks carries the session's
/// incarnation: leftovers of a deleted session can never be read by one that has the same id later.
/// </summary>
internal static class BlobNames
{
    public const string Manifests = "manifests/";

    public const string Segments = "segments/";

    public const string Archives = "archives/";

    public const string Tasks = "tasks/";

    public const string Creations = "creations/";

    public const string Requests = "requests/";

    public const string Memories = "memories/";

    public const string Search = "search/";

    /// <summary>Which host purges, and when that was last done.</summary>
    public const string PurgeTurn = "retention/purge.json";

    public static string Manifest(SessionKey key) => $"{ManifestPrefix(key.Owner)}{Path(key.Id)}.json";

    public static string ManifestPrefix(UserKey user) => $"{Manifests}{Path(user)}/";

    /// <summary>Where everything of an account lies that grows with what it stores; manifests first.</summary>
    public static IReadOnlyList<string> PrefixesOfAccount(string account) =>
        [.. new[] { Manifests, Segments, Archives, Memories, Search }.Select(folder => $"{folder}{Path(account)}/")];

    /// <summary>Where the live messages of a user's sessions are.</summary>
    public static string SegmentsOfUser(UserKey user) => $"{Segments}{Path(user)}/";

    /// <summary>The session, and which one of that id, whose live messages a name has; <see langword="null"/> where it is none.</summary>
    public static (SessionKey Session, string Incarnation)? FindIncarnation(string name) =>
        name.Split('/') is ["segments", var account, var user, var session, var incarnation, _]
        && FindKey(account, user, session) is { } key
            ? (key, incarnation)
            : null;

    public static string SegmentPrefix(SessionKey key, string incarnation) => $"{Segments}{Path(key)}/{incarnation}/";

    /// <summary>The segment that holds what an attempt of a commit keeps live.</summary>
    public static string Retained(CommitAttempt commit) =>
        $"{SegmentPrefix(commit.Session, commit.Incarnation)}retained-{commit.CommitId}-{Number(commit.Attempt)}.jsonl";

    public static string ArchivePrefix(SessionKey key, string incarnation) => $"{Archives}{Path(key)}/{incarnation}/";

    public static string Attempt(CommitAttempt commit) =>
        $"{ArchivePrefix(commit.Session, commit.Incarnation)}{commit.CommitId}/{Number(commit.Attempt)}/";

    /// <summary>Where all attempts of a commit stage, and what a model has answered for it is.</summary>
    public static string Commit(CommitAttempt commit) => $"{ArchivePrefix(commit.Session, commit.Incarnation)}{commit.CommitId}/";

    public static string Answers(CommitAttempt commit) => $"{ArchivePrefix(commit.Session, commit.Incarnation)}{commit.CommitId}/answers/";

    public static string Index(SessionKey key, string incarnation, int number) =>
        $"{IndexPrefix(key, incarnation)}{number.ToString("D8", CultureInfo.InvariantCulture)}.json";

    public static string IndexPrefix(SessionKey key, string incarnation) => $"{ArchivePrefix(key, incarnation)}index/";

    /// <summary>The number of the archive whose entry a name ends with; <see langword="null"/> where it is none.</summary>
    public static int? FindIndexed(string name) =>
        name.Split('/') is [.., "index", var file]
        && file.EndsWith(".json", StringComparison.Ordinal)
        && int.TryParse(file.AsSpan(0, file.Length - ".json".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    /// <summary>Where the index of what a user's archives say is.</summary>
    public static string SearchOfUser(UserKey user) => $"{Search}{Path(user)}/";

    /// <summary>
    /// Where the segments of a session's archives are: those of level 0, one or more of each archive. Merged ones lie behind them in a
    /// listing.
    /// </summary>
    public static string SearchOfSession(SessionKey key, string incarnation) =>
        $"{SearchOfUser(key.Owner)}0/{Path(key.Id)}/{incarnation}/";

    /// <summary>Where the segments of an archive are.</summary>
    public static string SearchOfArchive(SessionKey key, string incarnation, int number) =>
        $"{SearchOfSession(key, incarnation)}{number.ToString("D8", CultureInfo.InvariantCulture)}/";

    public static string SearchSegment(CommitAttempt commit, int number, int part) =>
        $"{SearchOfArchive(commit.Session, commit.Incarnation, number)}{commit.CommitId}-{Number(commit.Attempt)}-{Number(part)}.idx";

    /// <summary>The archive that a segment of the index is a part of; <see langword="null"/> where a name is not that of one.</summary>
    public static (CommitAttempt Commit, int Number, int Part)? FindSearchSegment(string name) =>
        name.Split('/') is [_, var account, var user, "0", var session, var incarnation, var archive, var file]
        && FindKey(account, user, session) is { } key
        && int.TryParse(archive, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && file.EndsWith(".idx", StringComparison.Ordinal)
        && file[..^".idx".Length].Split('-') is [var commitText, var attemptText, var partText]
        && int.TryParse(attemptText, NumberStyles.None, CultureInfo.InvariantCulture, out int attempt)
        && int.TryParse(partText, NumberStyles.None, CultureInfo.InvariantCulture, out int part)
        && new CommitAttempt(key, incarnation, new CommitId(commitText), attempt) is var commit
        && SearchSegment(commit, number, part) == name
            ? (commit, number, part)
            : null;

    /// <summary>Where the segments are that were merged of others.</summary>
    public static string MergedOfUser(UserKey user) => $"{SearchOfUser(user)}1/";

    /// <summary>
    /// A segment that was merged of others, each of which comes before it in a listing: a reader of a listing that goes on while segments
    /// are merged sees what they were, or what they have become, or both.
    /// </summary>
    /// <param name="user">Whose.</param>
    /// <param name="depth">One more than the highest depth of what it was made of; segments of level 0 have depth 0.</param>
    /// <param name="hash">Of what it was made of, in lower-case hexadecimal.</param>
    public static string MergedSegment(UserKey user, int depth, string hash) =>
        $"{MergedOfUser(user)}{depth.ToString("D8", CultureInfo.InvariantCulture)}-{hash}.idx";

    /// <summary>Whose merged segment a name is, and of which depth; <see langword="null"/> where it is none.</summary>
    public static (UserKey User, int Depth, string Hash)? FindMergedSegment(string name) =>
        name.Split('/') is [_, var account, var user, "1", var file]
        && FindKey(account, user, "any") is { Owner: var owner }
        && file.EndsWith(".idx", StringComparison.Ordinal)
        && file[..^".idx".Length].Split('-') is [var depthText, var hash]
        && int.TryParse(depthText, NumberStyles.None, CultureInfo.InvariantCulture, out int depth)
        && MergedSegment(owner, depth, hash) == name
            ? (owner, depth, hash)
            : null;

    public static string TasksOfUser(UserKey user) => $"{Tasks}by-user/{Path(user)}/";

    public static string TasksOfSession(SessionKey key) => $"{Tasks}by-session/{Path(key)}/";

    public static string TasksByKey(UserKey user) => $"{Tasks}by-key/{Path(user)}/";

    public static string Creation(UserKey user, string keyHash) =>
        $"{Creations}{Path(user)}/{keyHash}.json";

    public static string Request(UserKey user, string keyHash) =>
        $"{Requests}{Path(user)}/{keyHash}.json";

    public static string MemoryPrefix(UserKey user) => $"{Memories}{Path(user)}/";

    public static string MemoryCatalogue(UserKey user) => MemoryPrefix(user) + "catalogue.json";

    public static string Memory(UserKey user, string category, string name, string version) =>
        $"{MemoryPrefix(user)}{category}/{Path(name)}/{version}.md";

    /// <summary>The catalogue of what belongs to one of a user's peers each. No category has its folder's name.</summary>
    public static string PeersCatalogue(UserKey user) => MemoryPrefix(user) + "peers/catalogue.json";

    /// <summary>
    /// A version of a memory of a peer. Its depth differs from that of the user's own, so that the audit of a version without memories of
    /// peers leaves it alone. A peer is too long for a path: its hash stands for it.
    /// </summary>
    public static string PeerMemory(UserKey user, string peer, string category, string name, string version) =>
        $"{MemoryPrefix(user)}peers/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(peer)))}"
        + $"/{category}/{Path(name)}/{version}.md";

    /// <summary>What models have taken and given for an account.</summary>
    public static string TokensOfAccount(string account) => $"usage/{Path(account)}/";

    public static string TokensOfDay(string account, DateOnly day) =>
        $"{TokensOfAccount(account)}{day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}.jsonl";

    private static string Path(SessionKey key) => $"{Path(key.Owner)}/{Path(key.Id)}";

    private static string Path(UserKey user) => $"{Path(user.Account)}/{Path(user.User)}";

    // Azure Storage asks that no part of a path ends with a dot. No id holds a tilde, so the replacement is unambiguous.
    private static string Path(string id) => id.EndsWith('.') ? string.Concat(id.AsSpan(0, id.Length - 1), "~") : id;

    /// <summary>The session whose manifest a name is; <see langword="null"/> where it is none.</summary>
    public static SessionKey? FindSession(string name)
    {
        string[] parts = name.Split('/');
        return parts.Length == 4 && parts[3].EndsWith(".json", StringComparison.Ordinal)
            ? FindKey(parts[1], parts[2], parts[3][..^".json".Length])
            : null;
    }

    /// <summary>The session that three parts of a path stand for; <see langword="null"/> where there is no such id.</summary>
    public static SessionKey? FindKey(string account, string user, string session)
    {
        var key = new SessionKey(Unescape(account), Unescape(user), Unescape(session));
        return SessionKey.IsValidId(key.Account) && SessionKey.IsValidId(key.User) && SessionKey.IsValidId(key.Id) ? key : null;
    }

    /// <summary>The id that a part of a path stands for.</summary>
    public static string Unescape(string path) => path.EndsWith('~') ? string.Concat(path.AsSpan(0, path.Length - 1), ".") : path;

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
