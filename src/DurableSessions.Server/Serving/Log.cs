namespace DurableSessions.Server.Serving;

/// <summary>The log entries of the server; event ids 4000 to 4099.</summary>
internal static partial class Log
{
    [LoggerMessage(
        EventId = 4000,
        Level = LogLevel.Warning,
        Message = "Requests to {Address} are not encrypted: whatever is between a client and it reads keys and messages. Put TLS in front, "
            + "or configure Kestrel:Endpoints with a certificate")]
    public static partial void PlainText(ILogger logger, string address);

    [LoggerMessage(EventId = 4001, Level = LogLevel.Warning, Message = "Local storage: {Text}")]
    public static partial void LocalStorage(ILogger logger, string text);
}
