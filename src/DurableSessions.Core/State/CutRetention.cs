using DurableSessions.Core.Retaining;

namespace DurableSessions.Core.State;

/// <summary>What a commit keeps live.</summary>
/// <param name="RecentCount">How many of the newest messages, unless turns do.</param>
/// <param name="Turns">Which turns; <see langword="null"/>: <paramref name="RecentCount"/> messages.</param>
/// <param name="IsIdle">Whether the commit was started because the session was idle.</param>
internal sealed record CutRetention(int RecentCount, TurnRetention? Turns, bool IsIdle);
