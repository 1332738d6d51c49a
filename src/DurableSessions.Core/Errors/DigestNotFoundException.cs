using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Errors;

/// <summary>The archive keeps no digest of that version.</summary>
public sealed class DigestNotFoundException(SessionKey key, int number, int version)
    : Exception($"Digest {version} of archive {number} of session {key.Id} not found")
{
    /// <summary>The version that was asked for.</summary>
    public int Version { get; } = version;
}
