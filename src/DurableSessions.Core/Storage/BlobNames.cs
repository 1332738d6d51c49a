using System.Globalization;
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

    public static string Manifest(SessionKey key) => $"{ManifestPrefix(key.Account, key.User)}{Path(key.Session)}.json";

    public static string ManifestPrefix(string account, string user) => $"{Manifests}{Path(account)}/{Path(user)}/";

    public static string SegmentPrefix(SessionKey key, string incarnation) => $"{Segments}{Path(key)}/{incarnation}/";

    /// <summary>The segment that holds what an attempt of a commit keeps live.</summary>
    public static string Retained(CommitAttempt commit) =>
        $"{SegmentPrefix(commit.Session, commit.Incarnation)}retained-{commit.CommitId}-{Number(commit.Attempt)}.jsonl";

    public static string ArchivePrefix(SessionKey key, string incarnation) => $"{Archives}{Path(key)}/{incarnation}/";

    public static string Attempt(CommitAttempt commit) =>
        $"{ArchivePrefix(commit.Session, commit.Incarnation)}{commit.CommitId}/{Number(commit.Attempt)}/";

    public static string Answers(CommitAttempt commit) => $"{ArchivePrefix(commit.Session, commit.Incarnation)}{commit.CommitId}/answers/";

    public static string Index(SessionKey key, string incarnation, int number) =>
        $"{ArchivePrefix(key, incarnation)}index/{number.ToString("D8", CultureInfo.InvariantCulture)}.json";

    public static string TasksOfUser(string account, string user) => $"{Tasks}by-user/{Path(account)}/{Path(user)}/";

    public static string TasksOfSession(SessionKey key) => $"{Tasks}by-session/{Path(key)}/";

    public static string TasksByKey(string account, string user) => $"{Tasks}by-key/{Path(account)}/{Path(user)}/";

    public static string Creation(string account, string user, string keyHash) =>
        $"{Creations}{Path(account)}/{Path(user)}/{keyHash}.json";

    public static string Request(string account, string user, string keyHash) =>
        $"{Requests}{Path(account)}/{Path(user)}/{keyHash}.json";

    public static string MemoryPrefix(string account, string user) => $"{Memories}{Path(account)}/{Path(user)}/";

    public static string MemoryCatalogue(string account, string user) => MemoryPrefix(account, user) + "catalogue.json";

    public static string Memory(string account, string user, string category, string name, string version) =>
        $"{MemoryPrefix(account, user)}{category}/{Path(name)}/{version}.md";

    private static string Path(SessionKey key) => $"{Path(key.Account)}/{Path(key.User)}/{Path(key.Session)}";

    // Azure Storage asks that no part of a path ends with a dot. No id holds a tilde, so the replacement is unambiguous.
    private static string Path(string id) => id.EndsWith('.') ? string.Concat(id.AsSpan(0, id.Length - 1), "~") : id;

    /// <summary>The id that a part of a path stands for.</summary>
    public static string Unescape(string path) => path.EndsWith('~') ? string.Concat(path.AsSpan(0, path.Length - 1), ".") : path;

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
