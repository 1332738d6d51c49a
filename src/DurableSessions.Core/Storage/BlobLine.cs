namespace DurableSessions.Core.Storage;

/// <summary>A line of a blob.</summary>
/// <param name="Content">Its bytes, without the line feed. Valid for as long as the reader wants it: lines are never reused.</param>
/// <param name="End">The offset in the blob behind its line feed.</param>
/// <param name="WrittenAt">
/// When storage last wrote to the blob, in whole seconds; <see langword="null"/> where storage was not asked.
/// </param>
internal readonly record struct BlobLine(ReadOnlyMemory<byte> Content, long End, DateTimeOffset? WrittenAt = null);
