using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>What a cut came to.</summary>
/// <param name="Counts">What was archived and retained.</param>
/// <param name="EmptySegments">Cut segments that hold nothing.</param>
internal sealed record Staged(StagedCounts Counts, IReadOnlyList<string> EmptySegments);
