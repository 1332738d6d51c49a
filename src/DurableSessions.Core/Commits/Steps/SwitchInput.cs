namespace DurableSessions.Core.Commits.Steps;

/// <summary>What the switch is called with.</summary>
internal sealed record SwitchInput(CommitInput Commit, SemanticOutcome Outcome);
