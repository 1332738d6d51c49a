using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Merging;

/// <summary>Segments of which one is to be made.</summary>
/// <param name="User">Whose they are.</param>
/// <param name="Segments">The segments.</param>
internal sealed record MergeGroup(UserKey User, IReadOnlyList<ListedSegment> Segments);
