using Azure;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Core.Storage;

/// <summary>What an answer of Azure Storage means to the protocol.</summary>
internal static class StorageErrors
{
    /// <summary>
    /// A condition on an ETag or on existence did not hold: another host was first, or this one was, and the answer was lost.
    /// </summary>
    public static bool IsConditionNotMet(this RequestFailedException e) =>
        e.Status == 412 || (e.Status == 409 && e.ErrorCode == BlobErrorCode.BlobAlreadyExists);

    /// <summary>There is no such blob. A missing container is a mistake in the set-up, and says nothing about what was in it.</summary>
    public static bool IsNotFound(this RequestFailedException e) => e.Status == 404 && e.ErrorCode != BlobErrorCode.ContainerNotFound;

    /// <summary>The segment takes no more appends, at any position.</summary>
    public static bool IsSealed(this RequestFailedException e) =>
        e.Status == 409 && string.Equals(e.ErrorCode, "BlobIsSealed", StringComparison.Ordinal);

    /// <summary>The append blob has all the blocks it can have.</summary>
    public static bool IsFull(this RequestFailedException e) =>
        e.Status == 409 && string.Equals(e.ErrorCode, "BlockCountExceedsLimit", StringComparison.Ordinal);

    /// <summary>The range starts at or behind the end of the blob, or the blob is empty.</summary>
    public static bool IsBehindEnd(this RequestFailedException e) => e.Status == 416;

    /// <summary>
    /// The request may have been applied or not: no answer, or one that does not say. The storage client reports its own timeout as a
    /// cancellation, so a caller that passed it a token looks at that first.
    /// </summary>
    public static bool IsUnknownOutcome(Exception e) => e switch
    {
        RequestFailedException { Status: 0 or 408 or 429 or >= 500 } => true,
        AggregateException { InnerExceptions: var inner } => inner.All(IsUnknownOutcome),
        OperationCanceledException or IOException or HttpRequestException or TimeoutException => true,
        _ => false,
    };
}
