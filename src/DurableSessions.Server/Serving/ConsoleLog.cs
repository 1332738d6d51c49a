namespace DurableSessions.Server.Serving;

/// <summary>How entries of the log are written to a console.</summary>
internal static class ConsoleLog
{
    /// <summary>One line an entry, with the time in UTC.</summary>
    public static ILoggingBuilder AddUtcConsole(this ILoggingBuilder logging) => logging.AddSimpleConsole(static options =>
    {
        options.SingleLine = true;
        options.UseUtcTimestamp = true;
        options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
    });
}
