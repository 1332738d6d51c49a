using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Errors;

/// <summary>The session has no archive of that number, or has it no longer.</summary>
/// <param name="key">The session that was asked.</param>
/// <param name="number">The number that was asked for.</param>
/// <param name="isExpired">Whether there was such an archive, which has expired.</param>
public sealed class ArchiveNotFoundException(SessionKey key, int number, bool isExpired) : Exception(
    $"Archive {number} of session {key.Id} {(isExpired ? "has expired, and is not kept any longer" : "not found")}")
{
    /// <summary>There is no archive of that number.</summary>
    /// <param name="key">The session that was asked.</param>
    /// <param name="number">The number that was asked for.</param>
    public ArchiveNotFoundException(SessionKey key, int number)
        : this(key, number, isExpired: false)
    {
    }

    /// <summary>The session that was asked.</summary>
    public SessionKey Key { get; } = key;

    /// <summary>The number that was asked for.</summary>
    public int Number { get; } = number;

    /// <summary>Whether there was such an archive: it was older than <c>SessionOptions.ArchiveRetention</c>, and is deleted.</summary>
    public bool IsExpired { get; } = isExpired;
}
