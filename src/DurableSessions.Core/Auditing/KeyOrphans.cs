using System.Runtime.CompilerServices;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Finds what idempotency keys stand for, once the keys are not honoured any more: the names they made for sessions, and the requests
/// they came with. Until then these are no orphans, however young a repair takes one to be.
/// </summary>
internal sealed class KeyOrphans(AuditedStorage storage, Orphans orphans, AuditTally tally, TimeSpan idempotencyWindow, TimeProvider time)
{
    /// <summary>Looks at every name that keys made.</summary>
    public IAsyncEnumerable<Finding> OfCreationsAsync(CancellationToken cancellationToken) => RunAsync(
        BlobNames.Creations,
        FindingKind.ExpiredCreation,
        "the session id that an idempotency key stood for; the key is not honoured any more",
        cancellationToken);

    /// <summary>Looks at every request that came with a key.</summary>
    public IAsyncEnumerable<Finding> OfRequestsAsync(CancellationToken cancellationToken) => RunAsync(
        BlobNames.Requests,
        FindingKind.ExpiredRequest,
        "what an idempotency key was used for; the key is not honoured any more",
        cancellationToken);

    private async IAsyncEnumerable<Finding> RunAsync(
        string folder, FindingKind kind, string what, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (BlobItem blob in storage.ListAsync(folder, withMetadata: false, cancellationToken))
        {
            tally.AddBlob();
            DateTimeOffset created = blob.Properties.LastModified!.Value;
            if (time.GetUtcNow() - created < idempotencyWindow)
            {
                continue;
            }

            var orphan = new Orphan
            {
                Kind = kind,
                Session = null,
                Blob = blob.Name,
                ETag = blob.Properties.ETag!.Value,
                Since = created,
                What = what,
                IsStill = static _ => Task.FromResult(true),
            };
            if (await orphans.SettleAsync(orphan, cancellationToken) is { } finding)
            {
                yield return finding;
            }
        }
    }
}
