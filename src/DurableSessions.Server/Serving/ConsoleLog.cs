namespace DurableSessions.Server.Serving;

/// <summary>How entries of the log are written to a console.</summary>
internal static class ConsoleLog
{
    /// <summary>One line an entry, with the time in UTC.</summary>
    /// <param name="logging">The log.</param>
    /// <param name="withTraces">Whether it has the ids of the trace and the span that it belongs to, and the path of the request.</param>
    public static ILoggingBuilder AddUtcConsole(this ILoggingBuilder logging, bool withTraces = false) =>
        logging.AddSimpleConsole(options =>
        {
            options.IncludeScopes = withTraces;
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
}
