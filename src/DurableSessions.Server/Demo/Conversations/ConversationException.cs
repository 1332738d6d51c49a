namespace DurableSessions.Server.Demo.Conversations;

/// <summary>A conversation cannot be read. The message is one line that names the file, the line in it, and the problem.</summary>
internal sealed class ConversationException(string message, Exception? innerException = null) : Exception(message, innerException);
