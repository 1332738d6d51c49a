using DurableSessions.Core.Commits;

namespace DurableSessions.Core.State;

/// <summary>A commit that was closed without an archive.</summary>
internal sealed record ClosedCommit(string CommitId, int Attempt, CommitFate Fate, string? Reason);
