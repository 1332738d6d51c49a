namespace DurableSessions.Server.Demo;

/// <summary>The demo cannot go on. The message is one line that says why.</summary>
internal sealed class DemoException(string message) : Exception(message.ReplaceLineEndings(" "));
