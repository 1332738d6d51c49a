using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Indexing;

/// <summary>An archive, or a part of one, whose messages are in a segment.</summary>
/// <param name="SessionId">The session, of the user whose segment it is.</param>
/// <param name="Incarnation">Which one of that id.</param>
/// <param name="CommitId">The commit that made it.</param>
/// <param name="Attempt">The attempt whose messages it has.</param>
/// <param name="Number">Its number.</param>
/// <param name="Part">Which part of its messages, from 0: of a long one each segment has a part.</param>
internal sealed record SegmentArchive(string SessionId, string Incarnation, CommitId CommitId, int Attempt, int Number, int Part);
