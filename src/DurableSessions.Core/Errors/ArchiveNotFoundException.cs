using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Errors;

/// <summary>There is no archive of that number.</summary>
public sealed class ArchiveNotFoundException(SessionKey key, string archive) : Exception($"Archive {archive} not found")
{
    /// <summary>The session that was asked.</summary>
    public SessionKey Key { get; } = key;

    /// <summary>The archive, as it was asked for.</summary>
    public string Archive { get; } = archive;
}
