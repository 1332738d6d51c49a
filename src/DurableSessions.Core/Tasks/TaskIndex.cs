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
/// a crash between, is passed over by readers. Of a commit whose instance is purged the entries of its user stay, with what its task
/// said.
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
        (CommitInput entered, bool mayBePurged) = await EnterAsync(commit, cancellationToken);
        if (mayBePurged)
        {
            await PutListedAsync(entered, cancellationToken);
        }

        return entered;
    }

    /// <summary>
    /// As <see cref="AddAsync"/>. Where the commit was entered before, and its instance may have been purged since, nothing is entered, and
    /// the second value is <see langword="true"/>.
    /// </summary>
    public async Task<(CommitInput Commit, bool MayBePurged)> EnterAsync(CommitInput commit, CancellationToken cancellationToken)
    {
        CommitInput entered = commit;
        if (commit.CommitId.IsDerived)
        {
            (DateTimeOffset acceptedAt, bool mayBePurged) = await AddKeyedAsync(commit, cancellationToken);
            entered = commit with { AcceptedAt = acceptedAt };
            if (mayBePurged)
            {
                return (entered, true);
            }
        }

        await PutListedAsync(entered, cancellationToken);
        return (entered, false);
    }

    /// <summary>Takes a commit out. Idempotent.</summary>
    public Task RemoveAsync(CommitInput commit, CancellationToken cancellationToken) =>
        DeleteAsync(
            [.. TaskEntries.Listed(commit), TaskEntries.ByKey(commit.Session.Owner, commit.CommitId)], cancellationToken);

    /// <summary>
    /// Keeps what a commit's task says, before its instance is purged: in the user's entry, which tells listings that it is purged, and in
    /// the one by which its id is found. A commit that has left a record is taken out of its session's listing: the record leads a deletion
    /// of the session to it. Idempotent; where an entry is gone, as with its session, it stays so.
    /// </summary>
    public async Task KeepAsync(CommitInput commit, PurgedTask task, CancellationToken cancellationToken)
    {
        string inSession = TaskEntries.OfSession(commit);
        IEnumerable<string> kept = TaskEntries.Kept(commit.Session.Owner, commit.CommitId, commit.AcceptedAt);
        BinaryData content = StoreJson.Write(task);
        var options = new BlobUploadOptions
        {
            Metadata = Metadata(commit),
            Conditions = new BlobRequestConditions { IfMatch = ETag.All },
        };
        foreach (string name in task.HasRecord ? kept : kept.Append(inSession))
        {
            BlobClient blob = storage.Container.GetBlobClient(name);
            try
            {
                await blob.UploadAsync(content, options, cancellationToken);
            }
            catch (RequestFailedException e) when (e.IsConditionNotMet() || e.IsNotFound())
            {
                if (await blob.ExistsAsync(cancellationToken))
                {
                    throw;
                }
            }
        }

        if (task.HasRecord)
        {
            await DeleteAsync([inSession], cancellationToken);
        }
    }

    /// <summary>Takes out what is kept of a commit whose instance was purged. Idempotent.</summary>
    public async Task RemoveKeptAsync(UserKey user, CommitId commitId, CancellationToken cancellationToken)
    {
        DateTimeOffset? acceptedAt = commitId.IsDerived
            ? await FindAcceptedAsync(user, commitId, cancellationToken)
            : default(DateTimeOffset);
        if (acceptedAt is { } accepted)
        {
            await DeleteAsync(TaskEntries.Kept(user, commitId, accepted), cancellationToken);
        }
    }

    /// <summary>
    /// Takes out the commits of one incarnation of a session that are listed: the entry by which this finds them is the last to go, so
    /// that a crash leaves it to the next call.
    /// </summary>
    public async Task RemoveAsync(SessionKey session, string incarnation, CancellationToken cancellationToken)
    {
        await foreach ((string name, TaskReference task) in EntriesAsync(
            session.Owner, BlobNames.TasksOfSession(session), cancellationToken))
        {
            if (task.Incarnation == incarnation)
            {
                string[] entries =
                [
                    TaskEntries.OfUser(session.Owner, name), TaskEntries.ById(session.Owner, task.CommitId), name,
                ];
                await DeleteAsync(entries.Distinct(), cancellationToken);
            }
        }
    }

    /// <summary>Whose commit this is, if it is this user's, and what its task said before its instance was purged.</summary>
    public async Task<(TaskReference Reference, PurgedTask? Purged)?> FindAsync(
        UserKey user, CommitId commitId, CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadResult found = await storage.Container.GetBlobClient(TaskEntries.ById(user, commitId))
                .DownloadContentAsync(cancellationToken);
            return (
                Reference(user, commitId, found.Details.Metadata, found.Details.ContentLength),
                found.Details.ContentLength > 0 ? StoreJson.Read<PurgedTask>(found.Content) : null);
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return null;
        }
    }

    /// <summary>The commits of a user, or of one session, the newest first, one page of the listing at a time.</summary>
    public IAsyncEnumerable<TaskReference> ListAsync(UserKey user, string? session, CancellationToken cancellationToken)
    {
        string prefix = session is null
            ? BlobNames.TasksOfUser(user)
            : BlobNames.TasksOfSession(user.Session(session));
        return EntriesAsync(user, prefix, cancellationToken).Select(static entry => entry.Task);
    }

    /// <summary>Reads an entry of a listing with metadata. False: the blob is not an entry.</summary>
    public static bool TryRead(UserKey user, BlobItem blob, [NotNullWhen(true)] out TaskReference? task)
    {
        task = CommitId.TryParse(blob.Name[(blob.Name.LastIndexOfAny(['-', '/']) + 1)..], out CommitId commitId)
            && blob.Metadata.ContainsKey(SessionMetadata) && blob.Metadata.ContainsKey(IncarnationMetadata)
            ? Reference(user, commitId, blob.Metadata, blob.Properties.ContentLength)
            : null;
        return task is not null;
    }

    private async IAsyncEnumerable<(string Name, TaskReference Task)> EntriesAsync(
        UserKey user, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = new GetBlobsOptions { Prefix = prefix, Traits = BlobTraits.Metadata };
        await foreach (Page<BlobItem> page in storage.Container.GetBlobsAsync(options, cancellationToken).AsPages(pageSizeHint: 200))
        {
            foreach (BlobItem blob in page.Values)
            {
                if (TryRead(user, blob, out TaskReference? task))
                {
                    yield return (blob.Name, task);
                }
            }
        }
    }

    private static TaskReference Reference(
        UserKey user, CommitId commitId, IDictionary<string, string> metadata, long? length) =>
        new(commitId, user.Session(metadata[SessionMetadata]), metadata[IncarnationMetadata]) { IsPurged = length > 0 };

    private async Task PutListedAsync(CommitInput entered, CancellationToken cancellationToken) =>
        await Task.WhenAll(TaskEntries.Listed(entered).Select(name => storage.Container.GetBlobClient(name).UploadAsync(
            BinaryData.Empty, new BlobUploadOptions { Metadata = Metadata(entered) }, cancellationToken)));

    private async Task DeleteAsync(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        foreach (string name in names)
        {
            await storage.Container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }
    }

    private async Task<(DateTimeOffset AcceptedAt, bool HoldsTask)> AddKeyedAsync(CommitInput commit, CancellationToken cancellationToken)
    {
        BlobClient blob = storage.Container.GetBlobClient(TaskEntries.ByKey(commit.Session.Owner, commit.CommitId));
        try
        {
            var options = new BlobUploadOptions
            {
                Metadata = Metadata(commit),
                Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
            };
            await blob.UploadAsync(BinaryData.Empty, options, cancellationToken);
            return (commit.AcceptedAt, false);
        }
        catch (RequestFailedException e) when (e.IsConditionNotMet())
        {
            BlobProperties properties = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
            return (Accepted(properties.Metadata), properties.ContentLength > 0);
        }
    }

    private async Task<DateTimeOffset?> FindAcceptedAsync(UserKey user, CommitId commitId, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties properties = await storage.Container.GetBlobClient(TaskEntries.ById(user, commitId))
                .GetPropertiesAsync(cancellationToken: cancellationToken);
            return Accepted(properties.Metadata);
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return null;
        }
    }

    private static DateTimeOffset Accepted(IDictionary<string, string> metadata) =>
        DateTimeOffset.ParseExact(metadata[AcceptedMetadata], "O", CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Metadata(CommitInput commit) => new()
    {
        [SessionMetadata] = commit.Session.Id,
        [IncarnationMetadata] = commit.Incarnation,
        [AcceptedMetadata] = commit.AcceptedAt.ToString("O", CultureInfo.InvariantCulture),
    };
}
