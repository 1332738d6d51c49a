using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Purging;

/// <summary>A session in which nothing was written for long.</summary>
/// <param name="Session">The session.</param>
/// <param name="LastWrittenAt">When a message was last stored in it, or it was changed, by storage's clock.</param>
public sealed record UnusedSession(SessionKey Session, DateTimeOffset LastWrittenAt);
