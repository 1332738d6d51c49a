using System.Runtime.CompilerServices;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Core.Auditing;

/// <summary>Finds entries of the task index whose commit never was scheduled, or has been forgotten together with its session.</summary>
internal sealed class TaskOrphans(AuditedStorage storage, ArchiveStore archives, Orphans orphans, AuditTally tally)
{
    /// <summary>Looks at every entry.</summary>
    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (BlobItem blob in storage.ListAsync(BlobNames.Tasks, withMetadata: true, cancellationToken))
        {
            tally.AddBlob();
            if (!TryRead(blob, out TaskReference? task))
            {
                yield return new Finding(
                    FindingKind.UnknownBlob, FindingSeverity.Information, null, blob.Name, "not an entry that the store makes; left alone");
                continue;
            }

            if (await IsUnknownAsync(task, cancellationToken))
            {
                var orphan = new Orphan
                {
                    Kind = FindingKind.OrphanedTask,
                    Session = task.Session.ToString(),
                    Blob = blob.Name,
                    ETag = blob.Properties.ETag!.Value,
                    Since = blob.Properties.LastModified!.Value,
                    What = "an entry of the task index that leads to no commit",
                    IsStill = token => IsUnknownAsync(task, token),
                };
                if (await orphans.SettleAsync(orphan, cancellationToken) is { } finding)
                {
                    yield return finding;
                }
            }
        }
    }

    // One that was purged holds what its task said, for as long as its session is there.
    private async Task<bool> IsUnknownAsync(TaskReference task, CancellationToken cancellationToken) => task.IsPurged
        ? await storage.FindLivingAsync(task.Session, task.Incarnation, cancellationToken) is null
        : !await storage.ExistsAsync(task.CommitId.Value, cancellationToken)
        && await archives.FindRecordAsync(new CommitAttempt(task.Session, task.Incarnation, task.CommitId, 1), cancellationToken) is null;

    // tasks/{kind}/{account}/{user}/…
    private static bool TryRead(BlobItem blob, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TaskReference? task)
    {
        string[] parts = blob.Name.Split('/');
        task = parts.Length >= 5 && parts[1] is "by-user" or "by-session" or "by-key"
            && TaskIndex.TryRead(new UserKey(BlobNames.Unescape(parts[2]), BlobNames.Unescape(parts[3])), blob, out TaskReference? read)
            ? read
            : null;
        return task is not null;
    }
}
