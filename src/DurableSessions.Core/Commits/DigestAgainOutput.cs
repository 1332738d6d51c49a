namespace DurableSessions.Core.Commits;

/// <summary>What came of digesting a session's degraded archives again.</summary>
/// <param name="Archives">How many are no longer to be digested again.</param>
/// <param name="Reason">Why it ended before all were; <see langword="null"/>: they all are, or the instance had its share.</param>
internal sealed record DigestAgainOutput(int Archives, string? Reason);
