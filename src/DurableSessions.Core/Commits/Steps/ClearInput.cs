using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>What clear-live is called with.</summary>
internal sealed record ClearInput(CommitInput Commit, StagedCounts Counts);
