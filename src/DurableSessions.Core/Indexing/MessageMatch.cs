namespace DurableSessions.Core.Indexing;

/// <summary>A message that was found.</summary>
/// <param name="Archive">The archive it is in.</param>
/// <param name="Index">Which message of the archive, from 0.</param>
/// <param name="Offset">Where its line begins in the archive's messages, in bytes.</param>
/// <param name="Length">The bytes of its line.</param>
/// <param name="Role">Who said it.</param>
/// <param name="Peer">Which peer; <see langword="null"/>: none is named.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="Score">0 to 1; none is ranked before one of a higher score.</param>
internal sealed record MessageMatch(
    SegmentArchive Archive, int Index, long Offset, int Length, string Role, string? Peer, DateTimeOffset CreatedAt, double Score);
