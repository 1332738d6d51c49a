using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Tasks;

/// <summary>Whose commit an id is.</summary>
internal sealed record TaskReference(CommitId CommitId, SessionKey Session, string Incarnation)
{
    /// <summary>Whether its entry holds a <see cref="PurgedTask"/>: there is no instance any more.</summary>
    public bool IsPurged { get; init; }

    /// <summary>The commit's first attempt.</summary>
    public CommitAttempt FirstAttempt => new(Session, Incarnation, CommitId, 1);
}
