using Azure;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Core.Storage;

/// <summary>What an answer of Azure Storage means to the protocol.</summary>
internal static class StorageErrors
{
    /// <summary>A condition on an ETag or on existence did not hold: somebody else was first, or we were, and the answer was lost.</summary>
    public static bool IsConditionNotMet(this RequestFailedException e) =>
        e.Status == 412 || (e.Status == 409 && e.ErrorCode == BlobErrorCode.BlobAlreadyExists);

    public static bool IsNotFound(this RequestFailedException e) => e.Status == 404;

    /// <summary>The segment takes no more appends, whatever the position says.</summary>
    public static bool IsSealed(this RequestFailedException e) =>
        e.Status == 409 && string.Equals(e.ErrorCode, "BlobIsSealed", StringComparison.Ordinal);

    /// <summary>The append blob has all the blocks it can have.</summary>
    public static bool IsFull(this RequestFailedException e) =>
        e.Status == 409 && string.Equals(e.ErrorCode, "BlockCountExceedsLimit", StringComparison.Ordinal);

    /// <summary>The range starts at or behind the end of the blob, or the blob is empty.</summary>
    public static bool IsBehindEnd(this RequestFailedException e) => e.Status == 416;

    /// <summary>
    /// The request may have been applied or not: no answer, or one that does not say. A client that gives up waiting throws
    /// as if it had been cancelled: whether the caller's own token was is for the caller to ask.
    /// </summary>
    public static bool IsUnknownOutcome(Exception e) => e switch
    {
        RequestFailedException { Status: 0 or 408 or 429 or >= 500 } => true,
        AggregateException { InnerExceptions: var inner } => inner.All(IsUnknownOutcome),
        OperationCanceledException or IOException or HttpRequestException or TimeoutException => true,
        _ => false,
    };
}
