using Microsoft.Extensions.Logging;

namespace DurableSessions.Http;

/// <summary>The log entries of the HTTP API; event ids 3000 to 3099.</summary>
internal static partial class Log
{
    private static readonly Func<ILogger, string, IDisposable?> RequestScope =
        LoggerMessage.DefineScope<string>("Request {RequestId}");

    /// <summary>Adds the request's id to every entry until the scope is disposed.</summary>
    public static IDisposable? BeginRequestScope(ILogger logger, string requestId) => RequestScope(logger, requestId);

    [LoggerMessage(EventId = 3000, Message = "{Method} {Path} ended in {Code} ({RequestId})")]
    public static partial void RequestFailed(
        ILogger logger, LogLevel level, Exception exception, string method, string path, string code, string requestId);

    [LoggerMessage(EventId = 3001, Level = LogLevel.Warning, Message = "Not ready: {Check}")]
    public static partial void NotReady(ILogger logger, Exception exception, string check);

    [LoggerMessage(
        EventId = 3002,
        Level = LogLevel.Warning,
        Message = "The keys cannot be read; the keys last read are valid for {Seconds} s from when they were read")]
    public static partial void KeysUnavailable(ILogger logger, Exception exception, double seconds);

    [LoggerMessage(
        EventId = 3003,
        Level = LogLevel.Warning,
        Message = "The container cannot be marked as one that has keys: without their blob it would look as if it never had any")]
    public static partial void KeysNotMarked(ILogger logger, Exception exception);

    [LoggerMessage(
        EventId = 3004,
        Level = LogLevel.Debug,
        Message = "That key {KeyId} is used cannot be noted; the next request with a key tries again, and writes no entry until one is noted")]
    public static partial void KeyUseNotNoted(ILogger logger, Exception exception, string keyId);
}
