namespace DurableSessions.Core.Commits.Steps;

/// <summary>What a cancellation is called with.</summary>
internal sealed record CancelInput(CommitInput Commit, string? Reason);
