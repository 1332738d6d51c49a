using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Merging;

/// <summary>What came of segments that were to be merged.</summary>
/// <param name="User">Whose they are.</param>
/// <param name="Merged">Those whose living archives are in the output; none where one of the segments had gone.</param>
/// <param name="Unreadable">Those that are damaged: they stay.</param>
/// <param name="Output">The segment that was made of them; <see langword="null"/>: no archive of them lives, or none was merged.</param>
/// <param name="OutputBytes">Its length.</param>
internal sealed record MergedSegments(
    UserKey User, IReadOnlyList<string> Merged, IReadOnlyList<string> Unreadable, string? Output, long OutputBytes);
