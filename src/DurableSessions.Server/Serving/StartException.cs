namespace DurableSessions.Server.Serving;

/// <summary>The server cannot start. The message is one line for the person who started it: what is wrong, and what to do.</summary>
internal sealed class StartException(string message, Exception? innerException = null)
    : Exception(message.ReplaceLineEndings(" "), innerException);
