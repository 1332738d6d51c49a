using DurableSessions.Core.Indexing;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Recall;

/// <summary>Some messages of a log of live messages, indexed, and held with their lines.</summary>
/// <param name="Log">The blob that the messages are in.</param>
/// <param name="Place">What they are called in the index: <see cref="SegmentArchive.IsLive"/>.</param>
/// <param name="Reader">The index of them.</param>
/// <param name="Lines">Their lines, without those that are longer than is read for a hit.</param>
/// <param name="Bytes">What all of it takes in memory, estimated.</param>
internal sealed record LogChunk(string Log, SegmentArchive Place, SegmentReader Reader, ReadOnlyMemory<byte> Lines, long Bytes)
{
    /// <summary>The message that was found here; <see langword="null"/>: it is longer than is read for a hit.</summary>
    public SessionMessage? Read(MessageMatch match) => match.Length > MessageSearch.MaxLineBytes
        ? null
        : SessionMessage.Parse(Lines.Slice((int)match.Offset, match.Length));
}
