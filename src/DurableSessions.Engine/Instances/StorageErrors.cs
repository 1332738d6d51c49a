using Azure;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Engine.Instances;

/// <summary>What an answer of Azure Storage means to the engine.</summary>
internal static class StorageErrors
{
    /// <summary>A condition did not hold: another write was first, or this one was sent twice and the first answer was lost.</summary>
    public static bool IsConditionNotMet(this RequestFailedException e) =>
        e.Status == 412 || (e.Status == 409 && e.ErrorCode == BlobErrorCode.BlobAlreadyExists);

    /// <summary>There is no such blob. A missing container is a mistake in the configuration, and another error.</summary>
    public static bool IsNotFound(this RequestFailedException e) => e.Status == 404 && e.ErrorCode != BlobErrorCode.ContainerNotFound;

    /// <summary>
    /// Storage may have applied the request or not: it gave no answer, or one that leaves that open. The storage client throws
    /// <see cref="OperationCanceledException"/> at its own timeout too: the caller checks whether its token was signalled.
    /// </summary>
    public static bool IsUnknownOutcome(Exception e) => e switch
    {
        RequestFailedException { Status: 0 or 408 or 429 or >= 500 } => true,
        AggregateException { InnerExceptions: var inner } => inner.All(IsUnknownOutcome),
        OperationCanceledException or IOException or HttpRequestException or TimeoutException => true,
        _ => false,
    };
}
