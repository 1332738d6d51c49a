using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Tasks;

/// <summary>The names of a commit's entries in the <see cref="TaskIndex"/>.</summary>
internal static class TaskEntries
{
    /// <summary>Those of listings, in which names sort the newest first.</summary>
    public static IReadOnlyList<string> Listed(CommitInput commit) =>
        [OfUser(commit.Session.Owner, commit.CommitId, commit.AcceptedAt), OfSession(commit)];

    /// <summary>The one in the listing of its session.</summary>
    public static string OfSession(CommitInput commit) =>
        BlobNames.TasksOfSession(commit.Session) + Name(commit.CommitId, commit.AcceptedAt);

    /// <summary>The one in the listing of the user, of a commit whose entry in its session's listing is known.</summary>
    public static string OfUser(UserKey user, string inSession) =>
        BlobNames.TasksOfUser(user) + inSession[(inSession.LastIndexOf('/') + 1)..];

    /// <summary>The one of a commit with a key.</summary>
    public static string ByKey(UserKey user, CommitId commitId) => BlobNames.TasksByKey(user) + commitId;

    /// <summary>The one whose name follows from the id alone.</summary>
    public static string ById(UserKey user, CommitId commitId) =>
        commitId.IsDerived ? ByKey(user, commitId) : OfUser(user, commitId, default(DateTimeOffset));

    /// <summary>Those that stay when the instance is purged; last the one by which the others are found.</summary>
    public static IEnumerable<string> Kept(UserKey user, CommitId commitId, DateTimeOffset acceptedAt) =>
        new[] { OfUser(user, commitId, acceptedAt), ById(user, commitId) }.Distinct();

    private static string OfUser(UserKey user, CommitId commitId, DateTimeOffset acceptedAt) =>
        BlobNames.TasksOfUser(user) + Name(commitId, acceptedAt);

    private static string Name(CommitId commitId, DateTimeOffset acceptedAt) => $"{commitId.SortKey(acceptedAt)}-{commitId}";
}
