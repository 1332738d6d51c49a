namespace DurableSessions.Core.Indexing;

/// <summary>What a segment knows of a message besides its terms.</summary>
/// <param name="CreatedAt">When it was said.</param>
/// <param name="Offset">Where its line begins in the archive's messages, in bytes.</param>
/// <param name="Length">The bytes of its line.</param>
/// <param name="Kind">Its role and peer, by their number in the segment.</param>
internal readonly record struct SegmentRow(DateTimeOffset CreatedAt, long Offset, int Length, int Kind);
