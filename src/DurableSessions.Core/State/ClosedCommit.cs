using DurableSessions.Core.Identities;

namespace DurableSessions.Core.State;

/// <summary>A commit that was closed without an archive.</summary>
internal sealed record ClosedCommit(CommitId CommitId, int Attempt, CommitFate Fate, string? Reason);
