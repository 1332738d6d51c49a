namespace DurableSessions.Http.Documentation;

/// <summary>Errors as the document tells them; each is a status and a code.</summary>
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
