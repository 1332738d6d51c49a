namespace DurableSessions.Core.Commits;

/// <summary>
/// The semantic step failed for good, and the policy is not to fall back: the archive stays uncovered, and can be retried.
/// </summary>
public sealed class CommitFailedException(string message) : Exception(message);
