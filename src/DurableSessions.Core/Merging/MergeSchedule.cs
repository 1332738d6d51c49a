using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Merging;

/// <summary>Which commits start to merge the segments of their user: the same ones on each host, and each time.</summary>
/// <param name="IsDue">Says it by the commit's id.</param>
internal sealed record MergeSchedule(Predicate<CommitId> IsDue)
{
    /// <summary>One in 16: the last digit of an id is random, or of a hash.</summary>
    public static MergeSchedule OneIn16 { get; } = new(static id => id.Value[^1] == '0');

    /// <summary>None.</summary>
    public static MergeSchedule Never { get; } = new(static _ => false);
}
