using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Errors;

/// <summary>A session with that id exists.</summary>
public sealed class SessionExistsException(SessionKey key) : Exception($"Session already exists: {key.Id}")
{
    /// <summary>The session that exists.</summary>
    public SessionKey Key { get; } = key;
}
