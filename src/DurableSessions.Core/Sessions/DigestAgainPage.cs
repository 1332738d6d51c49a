namespace DurableSessions.Core.Sessions;

/// <summary>What came of one page of sessions whose degraded archives are to be digested again.</summary>
/// <param name="Started">Sessions that have such archives: their digests are on their way.</param>
/// <param name="Cursor">For the next page; <see langword="null"/> where this is the last.</param>
public sealed record DigestAgainPage(int Started, string? Cursor);
