using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Errors;

/// <summary>An error as it goes over the wire: one row of the table of codes.</summary>
/// <param name="HttpStatus">The status.</param>
/// <param name="Code">The code, upper case.</param>
/// <param name="Message">For people; names the field and the limit where there is one, and never a secret.</param>
/// <param name="Details">For programs; an empty object where there is nothing to add.</param>
/// <param name="RetryAfterSeconds">When to try again, where that makes sense.</param>
internal sealed record ApiError(int HttpStatus, string Code, string Message, JsonObject? Details = null, int? RetryAfterSeconds = null)
{
    /// <summary>Something in the request does not fit.</summary>
    /// <param name="location">Where: <c>body</c>, <c>query</c>, <c>path</c> or <c>header</c>, then the way to the field.</param>
    /// <param name="message">What is wrong, without the field's name.</param>
    /// <param name="type">What is wrong, for programs.</param>
    public static ApiError InvalidArgument(Location location, string message, string type) =>
        new(StatusCodes.Status400BadRequest, "INVALID_ARGUMENT", $"{location}: {message}", Validation(location, message, type));

    public static ApiError PermissionDenied(Location location, string message) =>
        new(StatusCodes.Status403Forbidden, "PERMISSION_DENIED", $"{location}: {message}", Validation(location, message, "permission_denied"));

    /// <summary>The caller is known, and may not do this.</summary>
    public static ApiError NotPermitted(string message) => new(StatusCodes.Status403Forbidden, "PERMISSION_DENIED", message);

    public static ApiError Unauthenticated(string message) => new(StatusCodes.Status401Unauthorized, "UNAUTHENTICATED", message);

    public static ApiError NotFound(string message, string? type = null, string? resource = null) =>
        new(StatusCodes.Status404NotFound, "NOT_FOUND", message, type is null ? null : Resource(type, resource));

    public static ApiError AlreadyExists(string message, string type, string resource) =>
        new(StatusCodes.Status409Conflict, "ALREADY_EXISTS", message, Resource(type, resource));

    public static ApiError MethodNotAllowed(string method) =>
        new(StatusCodes.Status405MethodNotAllowed, "UNKNOWN", $"{method} is not a method of this path.");

    /// <summary>Others were faster; the same request may be sent again.</summary>
    public static ApiError Conflict(string message) =>
        new(StatusCodes.Status409Conflict, "CONFLICT", message, new JsonObject { ["retryable"] = true });

    public static ApiError FailedPrecondition(string message) =>
        new(StatusCodes.Status412PreconditionFailed, "FAILED_PRECONDITION", message);

    /// <summary>What it was to be done to is over.</summary>
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

    public static ApiError Unavailable(string message) =>
        new(StatusCodes.Status503ServiceUnavailable, "UNAVAILABLE", message, RetryAfterSeconds: 2);

    public static ApiError DeadlineExceeded(string message, string type, string resource) =>
        new(StatusCodes.Status504GatewayTimeout, "DEADLINE_EXCEEDED", message, Resource(type, resource));

    /// <summary>A bug. What happened is in the log, under the request's id.</summary>
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
