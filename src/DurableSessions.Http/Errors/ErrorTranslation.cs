using System.Globalization;
using Azure;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Tasks;
using DurableSessions.Http.Envelope;
using DurableSessions.Orchestration;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Errors;

/// <summary>Maps exceptions to error responses.</summary>
internal static class ErrorTranslation
{
    /// <summary>The error response of an exception; an exception without a mapping is an internal error.</summary>
    public static ApiError Of(Exception exception, string requestId) => exception switch
    {
        ApiException e => e.Error,
        SessionNotFoundException e => ApiError.NotFound(e.Message, "session", e.Key.Id),
        ArchiveNotFoundException { IsExpired: true } e => ApiError.NotFound(e.Message, "archive", Wire.ArchiveId(e.Number)),
        ArchiveNotFoundException e => Wire.ArchiveNotFound(Wire.ArchiveId(e.Number)),
        DigestNotFoundException e => ApiError.NotFound(e.Message, "digest", e.Version.ToString(CultureInfo.InvariantCulture)),
        ArchiveStateException e => ApiError.FailedPrecondition(e.Message),
        MemoryNotFoundException e => ApiError.NotFound(e.Message, "memory", e.Resource),
        MemoryConditionException e => ApiError.FailedPrecondition(e.Message),
        TaskNotFoundException e => ApiError.NotFound(e.Message, "task", e.TaskId),
        SessionExistsException e => ApiError.AlreadyExists(e.Message, "session", e.Key.Id),
        IdempotencyKeyReusedException => ApiError.InvalidArgument(
            Location.Header("Idempotency-Key"), "was used before with another request; a key stands for one request.", "value_error"),
        AppendTooLargeException => ApiError.TooLarge("The messages of one request, as they are stored", MessageLimits.MaxAppendBytes),
        StorageBusyException e => ApiError.Unavailable(e.Message),
        SessionBusyException e => ApiError.Busy(e.Message),
        QuotaExceededException e => ApiError.OverQuota(e),
        ContentionException e => ApiError.Conflict(e.Message),
        OrchestrationNotFoundException e => ApiError.NotFound(e.Message, "orchestration", e.InstanceId),
        OrchestrationUnavailableException e => ApiError.Unavailable(e.Message),
        OrchestrationLimitException e => ApiError.TooLarge(e.Message),
        TaskStatusException e => ApiError.FailedPrecondition(e.Message),
        BadHttpRequestException => ApiError.InvalidArgument(
            Location.Body, "ended too early, came too slowly, or is not as its headers say.", "value_error"),
        OperationCanceledException or ObjectDisposedException => ApiError.Unavailable(
            "The server is stopping, or storage did not answer in time; try again."),
        _ when IsUnavailable(exception) => ApiError.Unavailable("Storage does not answer; try again."),
        _ => ApiError.Internal(requestId),
    };

    // The storage client retries by itself, and throws the errors of all its attempts together.
    private static bool IsUnavailable(Exception exception) => exception switch
    {
        RequestFailedException { Status: 0 or 408 or 429 or >= 500 } => true,
        AggregateException { InnerExceptions: { Count: > 0 } inner } =>
            inner.All(static e => e is OperationCanceledException || IsUnavailable(e)),
        // Of the program itself: it lacks an assembly, and will lack it at the next attempt.
        FileNotFoundException or FileLoadException => false,
        IOException or HttpRequestException or TimeoutException => true,
        _ => false,
    };
}
