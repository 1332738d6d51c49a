using DurableSessions.Core.Commits;

namespace DurableSessions.Core.Sessions;

/// <summary>There is no such session, or not any more.</summary>
public sealed class SessionNotFoundException(SessionKey key) : Exception($"Session not found: {key.Session}")
{
    /// <summary>The session that was asked for.</summary>
    public SessionKey Key { get; } = key;
}

/// <summary>A session with that id exists.</summary>
public sealed class SessionExistsException(SessionKey key) : Exception($"Session already exists: {key.Session}")
{
    /// <summary>The session that exists.</summary>
    public SessionKey Key { get; } = key;
}

/// <summary>There is no archive of that number.</summary>
public sealed class ArchiveNotFoundException(SessionKey key, string archive) : Exception($"Archive {archive} not found")
{
    /// <summary>The session that was asked.</summary>
    public SessionKey Key { get; } = key;

    /// <summary>The archive, as it was asked for.</summary>
    public string Archive { get; } = archive;
}

/// <summary>An idempotency key came again with another request.</summary>
public sealed class IdempotencyKeyReusedException()
    : Exception("Idempotency-Key was used before with another request; a key stands for one request.");

/// <summary>The messages of one request are too large as they are stored: some characters take more bytes there than in the request.</summary>
public sealed class AppendTooLargeException()
    : Exception($"The messages of one request have more than {Messages.MessageLimits.MaxAppendBytes} bytes as they are stored.");

/// <summary>A bound on work in progress is reached; nothing was changed, and trying later will succeed.</summary>
public sealed class SessionBusyException(string message) : Exception(message);

/// <summary>Too many others changed the same blob at the same time; nothing was changed by this caller.</summary>
public sealed class ContentionException(string message) : Exception(message);
