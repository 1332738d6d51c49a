namespace DurableSessions.Core.Indexing;

/// <summary>Where a term's postings are in a segment.</summary>
/// <param name="Messages">How many messages have it.</param>
/// <param name="Offset">Where its postings begin.</param>
/// <param name="Length">Their bytes.</param>
internal readonly record struct SegmentTerm(int Messages, long Offset, int Length);
