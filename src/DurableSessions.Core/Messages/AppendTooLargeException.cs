namespace DurableSessions.Core.Messages;

/// <summary>
/// The messages of one request are too large as they are stored: some characters take more bytes there than in the request.
/// </summary>
public sealed class AppendTooLargeException()
    : Exception($"The messages of one request have more than {Messages.MessageLimits.MaxAppendBytes} bytes as they are stored.");
