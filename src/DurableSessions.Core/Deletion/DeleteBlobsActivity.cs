using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Deletion;

/// <summary>
/// Deletes every blob of one incarnation of a session, and what is kept of its tasks whose instances are purged. Names carry the
/// incarnation, or ids of commits do, so a session created later under the same id is never touched, however late this runs. A crash leaves
/// the rest: run again, it deletes that. Segments of the search index that have archives of others too are written anew without this one's.
/// </summary>
internal sealed class DeleteBlobsActivity(
    SessionStorage storage, TaskIndex tasks, IndexMerger index, ILogger<DeleteBlobsActivity> logger)
    : TaskActivity<DeleteInput, int>
{
    private const int DeletedAtOnce = 16;

    public override async Task<int> RunAsync(TaskActivityContext context, DeleteInput input)
    {
        int deleted = 0;
        string[] prefixes =
        [
            BlobNames.SegmentPrefix(input.Session, input.Incarnation),
            BlobNames.ArchivePrefix(input.Session, input.Incarnation),
            BlobNames.SearchOfSession(input.Session, input.Incarnation),
        ];
        foreach (string prefix in prefixes)
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = DeletedAtOnce, CancellationToken = context.CancellationToken };
            IAsyncEnumerable<BlobItem> blobs = storage.Container.GetBlobsAsync(
                new GetBlobsOptions { Prefix = prefix }, context.CancellationToken);
            await Parallel.ForEachAsync(blobs, options, async (blob, cancellationToken) =>
            {
                // Before the record by which this finds it: a commit whose instance is purged is in no listing of the session's.
                if (ArchiveStore.FindRecorded(blob.Name) is { } commitId)
                {
                    await tasks.RemoveKeptAsync(input.Session.Owner, commitId, cancellationToken);
                }

                await storage.Container.GetBlobClient(blob.Name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
                Interlocked.Increment(ref deleted);
            });
        }

        await index.CleanAsync(
            input.Session.Owner,
            a => a.SessionId == input.Session.Id && a.Incarnation == input.Incarnation,
            context.CancellationToken);
        logger.BlobsDeleted(input.Session, input.Incarnation, deleted);
        return deleted;
    }
}
