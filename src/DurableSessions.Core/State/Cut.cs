using DurableSessions.Core.Identities;
using DurableSessions.Core.Retaining;

namespace DurableSessions.Core.State;

/// <summary>A cut in progress: everything that a commit needs to carry it to its end.</summary>
/// <param name="CommitId">The commit that cuts.</param>
/// <param name="Attempt">Which attempt of that commit, from 1.</param>
/// <param name="KeepRecent">How many of the newest messages stay live; <see cref="KeepAll"/> where turns do.</param>
/// <param name="Segments">How many of the manifest's first live segments are cut.</param>
internal sealed record Cut(CommitId CommitId, int Attempt, int KeepRecent, int Segments)
{
    /// <summary>
    /// A host of a version that does not know <see cref="Turns"/> reads that there is nothing to archive, makes no blob (the blocks that
    /// old ones stage of what they retain come into none), and closes the commit as skipped. With any other number it would stage another
    /// split under the same names, and messages would be in two places. The same holds where such a host has written the manifest anew, and
    /// <see cref="Turns"/> is gone.
    /// </summary>
    public const int KeepAll = int.MaxValue;

    /// <summary>Which turns stay live; <see langword="null"/>: <see cref="KeepRecent"/> messages do.</summary>
    public TurnRetention? Turns { get; init; }

    /// <summary>Where turns stay live, how many messages the commit was asked to keep besides: remembered, and not gone by.</summary>
    public int AskedKeepRecent { get; init; }

    /// <summary>
    /// Whether the commit was started because the session was idle: the manifest goes on remembering the number of the commit before. It
    /// stands here, because another commit's host may be the one that clears. A host of a version that does not know it, or that has
    /// written the manifest anew without it, remembers <see cref="KeepRecent"/> as before; what is archived is the same.
    /// </summary>
    public bool IsIdle { get; init; }

    /// <summary>
    /// The tags of memories of events that the commit makes: those of its request, or of the session's settings in the manifest that the
    /// cut was decided on; what is set later is for later commits. <see langword="null"/>: none. A host of a version that does not know
    /// them, and writes the manifest anew, drops them.
    /// </summary>
    public IReadOnlyList<string>? EventTags { get; init; }

    /// <summary>The cut of a commit's attempt.</summary>
    public static Cut Of(
        CommitId commitId, int attempt, CutRetention retention, int segments, IReadOnlyList<string>? eventTags) => retention.Turns is null
        ? new Cut(commitId, attempt, retention.RecentCount, segments) { IsIdle = retention.IsIdle, EventTags = eventTags }
        : new Cut(commitId, attempt, KeepAll, segments)
        {
            Turns = retention.Turns,
            AskedKeepRecent = retention.RecentCount,
            EventTags = eventTags,
        };
}
