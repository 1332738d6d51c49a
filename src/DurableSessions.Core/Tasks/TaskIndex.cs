using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Tasks;

/// <summary>
/// Finds commits by user, by session and by id without reading them all: empty blobs whose names sort the newest first. They
/// are written before the commit is scheduled, so that no commit is missing; an entry whose commit never was scheduled, for
/// a crash between, is passed over by readers.
/// </summary>
internal sealed class TaskIndex(SessionStorage storage)
{
    private const string SessionMetadata = "session";
    private const string IncarnationMetadata = "incarnation";
    private const string AcceptedMetadata = "accepted";

    /// <summary>
    /// Enters a commit. Idempotent: one with an idempotency key keeps the place in time it was first entered at, which is returned.
    /// </summary>
    public async Task<CommitInput> AddAsync(CommitInput commit, CancellationToken cancellationToken)
    {
        CommitInput entered = commit.CommitId.IsDerived
            ? commit with { AcceptedAt = await AddKeyedAsync(commit, cancellationToken) }
            : commit;
        await Task.WhenAll(ListedNames(entered).Select(name => storage.Container.GetBlobClient(name).UploadAsync(
            BinaryData.Empty, new BlobUploadOptions { Metadata = Metadata(entered) }, cancellationToken)));
        return entered;
    }

    /// <summary>Takes a commit out. Idempotent.</summary>
    public async Task RemoveAsync(CommitInput commit, CancellationToken cancellationToken)
    {
        foreach (string name in ListedNames(commit).Append(KeyedName(commit)))
        {
            await storage.Container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }
    }

    /// <summary>Whose commit this is, if it is this user's.</summary>
    public async Task<TaskReference?> FindAsync(UserKey user, CommitId commitId, CancellationToken cancellationToken)
    {
        string name = commitId.IsDerived
            ? BlobNames.TasksByKey(user) + commitId
            : BlobNames.TasksOfUser(user) + Entry(commitId, default);
        try
        {
            BlobProperties properties = await storage.Container.GetBlobClient(name)
                .GetPropertiesAsync(cancellationToken: cancellationToken);
            return Reference(user, commitId, properties.Metadata);
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return null;
        }
    }

    /// <summary>The commits of a user, or of one session, the newest first, one page of the listing at a time.</summary>
    public async IAsyncEnumerable<TaskReference> ListAsync(
        UserKey user, string? session, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string prefix = session is null
            ? BlobNames.TasksOfUser(user)
            : BlobNames.TasksOfSession(user.Session(session));
        var options = new GetBlobsOptions { Prefix = prefix, Traits = BlobTraits.Metadata };
        await foreach (Page<BlobItem> page in storage.Container.GetBlobsAsync(options, cancellationToken).AsPages(pageSizeHint: 200))
        {
            foreach (BlobItem blob in page.Values)
            {
                yield return Reference(user, new CommitId(blob.Name[(blob.Name.LastIndexOf('-') + 1)..]), blob.Metadata);
            }
        }
    }

    /// <summary>Reads an entry of a listing with metadata. False: the blob is not an entry.</summary>
    public static bool TryRead(UserKey user, BlobItem blob, [NotNullWhen(true)] out TaskReference? task)
    {
        task = CommitId.TryParse(blob.Name[(blob.Name.LastIndexOfAny(['-', '/']) + 1)..], out CommitId commitId)
            && blob.Metadata.ContainsKey(SessionMetadata) && blob.Metadata.ContainsKey(IncarnationMetadata)
            ? Reference(user, commitId, blob.Metadata)
            : null;
        return task is not null;
    }

    private static TaskReference Reference(UserKey user, CommitId commitId, IDictionary<string, string> metadata) =>
        new(commitId, user.Session(metadata[SessionMetadata]), metadata[IncarnationMetadata]);

    private async Task<DateTimeOffset> AddKeyedAsync(CommitInput commit, CancellationToken cancellationToken)
    {
        BlobClient blob = storage.Container.GetBlobClient(KeyedName(commit));
        try
        {
            var options = new BlobUploadOptions
            {
                Metadata = Metadata(commit),
                Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
            };
            await blob.UploadAsync(BinaryData.Empty, options, cancellationToken);
            return commit.AcceptedAt;
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet())
        {
            BlobProperties properties = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
            return DateTimeOffset.ParseExact(properties.Metadata[AcceptedMetadata], "O", CultureInfo.InvariantCulture);
        }
    }

    private static Dictionary<string, string> Metadata(CommitInput commit) => new()
    {
        [SessionMetadata] = commit.Session.Id,
        [IncarnationMetadata] = commit.Incarnation,
        [AcceptedMetadata] = commit.AcceptedAt.ToString("O", CultureInfo.InvariantCulture),
    };

    private static IEnumerable<string> ListedNames(CommitInput commit)
    {
        string entry = Entry(commit.CommitId, commit.AcceptedAt);
        yield return BlobNames.TasksOfUser(commit.Session.Owner) + entry;
        yield return BlobNames.TasksOfSession(commit.Session) + entry;
    }

    private static string KeyedName(CommitInput commit) =>
        BlobNames.TasksByKey(commit.Session.Owner) + commit.CommitId;

    private static string Entry(CommitId commitId, DateTimeOffset acceptedAt) => $"{commitId.SortKey(acceptedAt)}-{commitId}";
}
