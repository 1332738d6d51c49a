namespace DurableSessions.Core.Memories;

/// <summary>What a commit did to memories.</summary>
/// <param name="Diff">What is different since, and what was not done.</param>
/// <param name="Blob">Where that is written; <see langword="null"/>: nothing is different.</param>
internal sealed record AppliedMemories(MemoryDiff Diff, string? Blob);
