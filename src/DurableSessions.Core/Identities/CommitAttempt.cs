namespace DurableSessions.Core.Identities;

/// <summary>Names one attempt of one commit of one session: what its blobs, its cut and its record carry.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which session of that id: a deleted and recreated one is another.</param>
/// <param name="CommitId">The commit.</param>
/// <param name="Attempt">The attempt, from 1.</param>
internal sealed record CommitAttempt(SessionKey Session, string Incarnation, CommitId CommitId, int Attempt);
