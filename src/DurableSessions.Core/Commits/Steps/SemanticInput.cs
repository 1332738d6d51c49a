namespace DurableSessions.Core.Commits.Steps;

/// <summary>What the semantic step is called with.</summary>
internal sealed record SemanticInput(CommitInput Commit, bool Fallback);
