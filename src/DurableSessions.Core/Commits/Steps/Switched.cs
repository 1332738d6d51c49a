using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>What a switch came to.</summary>
/// <param name="Record">The commit's record, which decided.</param>
/// <param name="Memories">What it did to memories; <see langword="null"/>: nothing was asked for.</param>
internal sealed record Switched(CommitRecord Record, MemoryDiff? Memories);
