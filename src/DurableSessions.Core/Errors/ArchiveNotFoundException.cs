using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Errors;

/// <summary>The session has no archive of that number.</summary>
public sealed class ArchiveNotFoundException(SessionKey key, int number) : Exception($"Archive {number} of session {key.Id} not found")
{
    /// <summary>The session that was asked.</summary>
    public SessionKey Key { get; } = key;

    /// <summary>The number that was asked for.</summary>
    public int Number { get; } = number;
}
