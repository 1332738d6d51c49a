using DurableSessions.Http.Audit;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http;

/// <summary>The log entries of the HTTP API; event ids 3000 to 3099.</summary>
internal static partial class Log
{
    private static readonly Func<ILogger, string, IDisposable?> RequestScope =
        LoggerMessage.DefineScope<string>("Request {RequestId}");

    /// <summary>Adds the request's id to every entry until the scope is disposed.</summary>
    public static IDisposable? BeginRequestScope(ILogger logger, string requestId) => RequestScope(logger, requestId);

    /// <summary>Notes an error of the service, and not of its client: a bug as an error, what is away as a warning.</summary>
    public static void ServiceFailed(
        ILogger logger, Exception exception, string method, string path, ApiError error, string requestId)
    {
        if (error.HttpStatus >= StatusCodes.Status500InternalServerError)
        {
            LogLevel level = error.Code == "INTERNAL" ? LogLevel.Error : LogLevel.Warning;
            string safeMethod = AuditText.Of(method);
            string safePath = AuditText.Of(path);
            RequestFailed(logger, level, exception, safeMethod, safePath, error.Code, requestId);
        }
    }

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
        Level = LogLevel.Warning,
        Message = "Address {Client} has {Connections} connections, and more of it are closed (Limits:ConnectionsPerAddress)")]
    public static partial void ConnectionsRefused(ILogger logger, string client, int connections);

    [LoggerMessage(
        EventId = 3005,
        Level = LogLevel.Debug,
        Message = "The use of key {KeyId} cannot be noted; later requests try again, and write no entry until a use is noted")]
    public static partial void KeyUseNotNoted(ILogger logger, Exception exception, string keyId);

    [LoggerMessage(
        EventId = 3020,
        Level = LogLevel.Information,
        Message = "Refused, {Why}: {Method} {Path} from {Address} with key {KeyId} ({RequestId})")]
    public static partial void RequestRefused(
        ILogger logger, string why, string method, string path, string address, string keyId, string requestId);

    [LoggerMessage(
        EventId = 3021,
        Level = LogLevel.Warning,
        Message = "More than {Count} requests were refused within a minute; the others of this minute are counted, and have no entries")]
    public static partial void RefusalsCounted(ILogger logger, int count);

    [LoggerMessage(EventId = 3022, Level = LogLevel.Warning, Message = "{Count} refused requests had no entries")]
    public static partial void RefusalsOmitted(ILogger logger, int count);

    [LoggerMessage(
        EventId = 3023,
        Level = LogLevel.Information,
        Message = "Key {KeyId} ({KeyName}) added, of {Account}/{User}, scope {Scope}, valid until {ExpiresAt}; by {By}")]
    public static partial void KeyAdded(
        ILogger logger, string keyId, string? keyName, string? account, string? user, string scope, DateTimeOffset? expiresAt, string by);

    [LoggerMessage(EventId = 3024, Level = LogLevel.Information, Message = "Key {KeyId} ({KeyName}) revoked; by {By}")]
    public static partial void KeyRevoked(ILogger logger, string keyId, string? keyName, string by);

    [LoggerMessage(EventId = 3025, Level = LogLevel.Information, Message = "Key {KeyId} ({KeyName}) expired at {ExpiresAt}")]
    public static partial void KeyExpired(ILogger logger, string keyId, string? keyName, DateTimeOffset? expiresAt);

    [LoggerMessage(
        EventId = 3026,
        Level = LogLevel.Information,
        Message = "Key {KeyId} ({KeyName}) rotated to key {NewKeyId}, valid until {ExpiresAt}; by {By}")]
    public static partial void KeyRotated(
        ILogger logger, string keyId, string? keyName, string? newKeyId, DateTimeOffset? expiresAt, string by);

    [LoggerMessage(
        EventId = 3027,
        Level = LogLevel.Information,
        Message = "Operator's key {KeyId} ({KeyName}): {Action} of instance {InstanceId} answered {Status} ({RequestId})")]
    public static partial void OperatorActed(
        ILogger logger, string action, string instanceId, string keyId, string? keyName, int status, string requestId);
}
