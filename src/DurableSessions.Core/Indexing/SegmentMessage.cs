namespace DurableSessions.Core.Indexing;

/// <summary>A message as it is indexed.</summary>
/// <param name="Role">Who said it.</param>
/// <param name="Peer">Which peer; <see langword="null"/>: none is named.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="Text">What is searched.</param>
/// <param name="Offset">Where its line begins in the archive's messages, in bytes.</param>
/// <param name="Length">The bytes of its line, without the end of the line.</param>
internal sealed record SegmentMessage(string Role, string? Peer, DateTimeOffset CreatedAt, string Text, long Offset, int Length);
