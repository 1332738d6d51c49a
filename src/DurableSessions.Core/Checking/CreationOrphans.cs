using System.Runtime.CompilerServices;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Checking;

/// <summary>
/// Finds the names that idempotency keys made for sessions, once the keys are not honoured any more. Until then they are no orphans,
/// however young a repair takes one to be.
/// </summary>
internal sealed class CreationOrphans(AuditedStorage storage, Orphans orphans, AuditTally tally, TimeSpan idempotencyWindow, TimeProvider time)
{
    /// <summary>Looks at every name.</summary>
    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (BlobItem blob in storage.ListAsync(BlobNames.Creations, withMetadata: false, cancellationToken))
        {
            tally.AddBlob();
            DateTimeOffset created = blob.Properties.LastModified!.Value;
            if (time.GetUtcNow() - created < idempotencyWindow)
            {
                continue;
            }

            var orphan = new Orphan
            {
                Kind = FindingKind.ExpiredCreation,
                Session = null,
                Blob = blob.Name,
                ETag = blob.Properties.ETag!.Value,
                Since = created,
                What = "the session id that an idempotency key stood for; the key is not honoured any more",
                IsStill = static _ => Task.FromResult(true),
            };
            if (await orphans.SettleAsync(orphan, cancellationToken) is { } finding)
            {
                yield return finding;
            }
        }
    }
}
