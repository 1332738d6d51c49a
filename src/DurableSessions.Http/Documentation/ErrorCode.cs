namespace DurableSessions.Http.Documentation;

/// <summary>Error codes of the OpenAPI document; the value is the HTTP status.</summary>
internal enum ErrorCode
{
    NotFound = 404,
    AlreadyExists = 409,
    Gone = 410,
    FailedPrecondition = 412,
    TooLarge = 413,
    TooMany = 429,
    DeadlineExceeded = 504,
}
