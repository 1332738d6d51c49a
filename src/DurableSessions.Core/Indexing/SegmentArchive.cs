using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Indexing;

/// <summary>An archive, a part of one, or a part of a log of live messages, whose messages are in a segment.</summary>
/// <param name="SessionId">The session, of the user whose segment it is.</param>
/// <param name="Incarnation">Which one of that id.</param>
/// <param name="CommitId">The commit that made it.</param>
/// <param name="Attempt">The attempt whose messages it has.</param>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Part">Which part of its messages, from 0: of a long one each segment has a part.</param>
internal sealed record SegmentArchive(string SessionId, string Incarnation, CommitId CommitId, int Attempt, int Number, int Part)
{
    /// <summary>Whether it is no archive, but a log of live messages: it is in no segment that is stored.</summary>
    public bool IsLive => Number == 0;

    /// <summary>A part of a log of live messages.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="incarnation">Which one of that id.</param>
    /// <param name="log">The last part of the log's name.</param>
    /// <param name="part">Which part of it.</param>
    public static SegmentArchive OfLog(string sessionId, string incarnation, string log, int part) =>
        new(sessionId, incarnation, new CommitId(log), Attempt: 0, Number: 0, part);
}
