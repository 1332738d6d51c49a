using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Errors;

/// <summary>There is no such session, or not any more.</summary>
public sealed class SessionNotFoundException(SessionKey key) : Exception($"Session not found: {key.Id}")
{
    /// <summary>The session that was asked for.</summary>
    public SessionKey Key { get; } = key;
}
