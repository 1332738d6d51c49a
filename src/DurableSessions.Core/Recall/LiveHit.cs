using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Recall;

/// <summary>A session that was found by a message that no archive has yet: it is live, or a commit is on its way with it.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
public sealed record LiveHit(SessionKey Session, string Incarnation);
