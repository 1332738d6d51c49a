namespace DurableSessions.Core.Commits.Steps;

/// <summary>What the semantic step is called with.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Fallback">Whether the built-in processor stands in, after the configured one has failed for good.</param>
/// <param name="Failure">How that one has failed; <see langword="null"/>: it is not known, or it has not.</param>
internal sealed record SemanticInput(CommitInput Commit, bool Fallback, string? Failure = null);
