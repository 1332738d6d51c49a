using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Tasks;

/// <summary>Whose commit an id is.</summary>
internal sealed record TaskReference(CommitId CommitId, SessionKey Session, string Incarnation)
{
    /// <summary>The commit's first attempt.</summary>
    public CommitAttempt FirstAttempt => new(Session, Incarnation, CommitId, 1);
}
