using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Recall;

/// <summary>An archive that was found by its abstract, its overview, or one of its messages.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
/// <param name="CommitId">The commit that made it.</param>
/// <param name="Number">The archive.</param>
/// <param name="Abstract">One line.</param>
public sealed record ArchiveHit(SessionKey Session, string Incarnation, CommitId CommitId, int Number, string Abstract)
{
    /// <summary>Its digest may be made again: the built-in one stood in for the model, or it builds on one where it did.</summary>
    internal bool MayBeDigestedAgain { get; init; }

    /// <summary>What its digest says of the session up to it; empty unless it is the newest archive of its session that is known.</summary>
    internal string Overview { get; init; } = "";

    /// <summary>It was found by a message, and its abstract is not read yet.</summary>
    internal bool IsUnread { get; init; }

    /// <summary>It has expired: no search finds it, and none looks for it again.</summary>
    internal bool IsExpired { get; init; }

    /// <summary>
    /// What the session's manifest showed as the last change of a digest, before this was read; <see langword="null"/>: nothing, or it was
    /// not looked at.
    /// </summary>
    internal DigestMark? DigestMark { get; init; }
}
