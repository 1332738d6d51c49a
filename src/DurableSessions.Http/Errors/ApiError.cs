using System.Globalization;
using System.Text.Json.Nodes;
using DurableSessions.Core.Errors;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Errors;

/// <summary>An error response: one row of the table of error codes.</summary>
/// <param name="HttpStatus">The HTTP status.</param>
/// <param name="Code">The code, upper case.</param>
/// <param name="Message">For people; names the field and the limit, and contains no secret.</param>
/// <param name="Details">For programs; <see langword="null"/> is sent as an empty object.</param>
/// <param name="RetryAfterSeconds">Seconds for the <c>Retry-After</c> header; <see langword="null"/> sends no header.</param>
internal sealed record ApiError(int HttpStatus, string Code, string Message, JsonObject? Details = null, int? RetryAfterSeconds = null)
{
    /// <summary>
    /// The word of <see cref="Audit.RefusalReason"/> that the audit log has for it; <see langword="null"/> for an error that is no refusal.
    /// </summary>
    public string? Refusal { get; init; }

    /// <summary>A field of the request is missing or not valid.</summary>
    /// <param name="location">The path of the field, from <c>body</c>, <c>query</c>, <c>path</c> or <c>header</c>.</param>
    /// <param name="message">What is wrong, without the field's name.</param>
    /// <param name="type">The kind of error, for programs.</param>
    public static ApiError InvalidArgument(Location location, string message, string type) =>
        new(StatusCodes.Status400BadRequest, "INVALID_ARGUMENT", $"{location}: {message}", Validation(location, message, type));

    public static ApiError PermissionDenied(Location location, string message, string? refusal = null) =>
        new(
            StatusCodes.Status403Forbidden,
            "PERMISSION_DENIED",
            $"{location}: {message}",
            Validation(location, message, "permission_denied"))
        { Refusal = refusal };

    /// <summary>The caller is authenticated, and not authorized for this request.</summary>
    public static ApiError NotPermitted(string message, string refusal) =>
        new(StatusCodes.Status403Forbidden, "PERMISSION_DENIED", message) { Refusal = refusal };

    public static ApiError Unauthenticated(string message, string refusal) =>
        new(StatusCodes.Status401Unauthorized, "UNAUTHENTICATED", message) { Refusal = refusal };

    public static ApiError NotFound(string message, string? type = null, string? resource = null) =>
        new(StatusCodes.Status404NotFound, "NOT_FOUND", message, type is null ? null : Resource(type, resource));

    public static ApiError AlreadyExists(string message, string type, string resource) =>
        new(StatusCodes.Status409Conflict, "ALREADY_EXISTS", message, Resource(type, resource));

    public static ApiError MethodNotAllowed(string method) =>
        new(StatusCodes.Status405MethodNotAllowed, "UNKNOWN", $"{method} is not a method of this path.");

    /// <summary>Concurrent requests changed the same data first; the same request can be sent again.</summary>
    public static ApiError Conflict(string message) =>
        new(StatusCodes.Status409Conflict, "CONFLICT", message, new JsonObject { ["retryable"] = true });

    public static ApiError FailedPrecondition(string message) =>
        new(StatusCodes.Status412PreconditionFailed, "FAILED_PRECONDITION", message);

    /// <summary>The orchestration instance has ended.</summary>
    public static ApiError Gone(string message) => new(StatusCodes.Status410Gone, "FAILED_PRECONDITION", message);

    public static ApiError TooLarge(string message) => new(StatusCodes.Status413PayloadTooLarge, "RESOURCE_EXHAUSTED", message);

    public static ApiError TooLarge(string what, long limitBytes) =>
        new(
            StatusCodes.Status413PayloadTooLarge,
            "RESOURCE_EXHAUSTED",
            string.Create(CultureInfo.InvariantCulture, $"{what}: at most {limitBytes} bytes."),
            new JsonObject { ["limit_bytes"] = limitBytes });

    public static ApiError TooMany(string message, int retryAfterSeconds) =>
        new(StatusCodes.Status429TooManyRequests, "RESOURCE_EXHAUSTED", message, RetryAfterSeconds: retryAfterSeconds);

    public static ApiError Busy(string message) =>
        new(StatusCodes.Status429TooManyRequests, "RESOURCE_EXHAUSTED", message, RetryAfterSeconds: 1);

    /// <summary>The account has as much as it may have of something.</summary>
    public static ApiError OverQuota(QuotaExceededException e) =>
        new(
            StatusCodes.Status429TooManyRequests,
            "RESOURCE_EXHAUSTED",
            e.Message,
            new JsonObject { ["quota"] = e.Quota, ["limit"] = e.Limit, ["value"] = e.Value },
            (int)Math.Ceiling(e.RetryAfter.TotalSeconds));

    public static ApiError Unavailable(string message, int retryAfterSeconds = 2) =>
        new(StatusCodes.Status503ServiceUnavailable, "UNAVAILABLE", message, RetryAfterSeconds: retryAfterSeconds);

    /// <summary>The request did not come in time.</summary>
    public static ApiError RequestTimeout(string message) =>
        new(StatusCodes.Status408RequestTimeout, "DEADLINE_EXCEEDED", message);

    public static ApiError DeadlineExceeded(string message, string type, string resource) =>
        new(StatusCodes.Status504GatewayTimeout, "DEADLINE_EXCEEDED", message, Resource(type, resource));

    /// <summary>An unexpected error. The log has the exception, under the request's id.</summary>
    public static ApiError Internal(string requestId) =>
        new(
            StatusCodes.Status500InternalServerError,
            "INTERNAL",
            $"This should not have happened; the log has it under {requestId}.",
            new JsonObject { ["request_id"] = requestId });

    private static JsonObject Resource(string type, string? resource) => new() { ["type"] = type, ["resource"] = resource };

    private static JsonObject Validation(Location location, string message, string type) => new()
    {
        ["validation_errors"] = new JsonArray(
            new JsonObject { ["loc"] = location.ToJson(), ["message"] = message, ["type"] = type }),
    };
}
