namespace DurableSessions.Ui.Commits;

/// <summary>All commits of all users, at one time.</summary>
/// <param name="Rows">Of each commit one, in no order.</param>
/// <param name="At">When the listing of it ended.</param>
/// <param name="IsWhole">Whether all are there; otherwise there are more, or they are still being listed.</param>
public sealed record BoardSnapshot(IReadOnlyList<CommitRow> Rows, DateTimeOffset At, bool IsWhole)
{
    /// <summary>How many there are of a state.</summary>
    public int Count(CommitState state) => Rows.Count(r => r.State == state);

    /// <summary>How many have a degraded archive.</summary>
    public int Degraded => Rows.Count(static r => r.IsDegraded);

    /// <summary>When the oldest that has not ended was scheduled; <see langword="null"/>: all have ended.</summary>
    public DateTimeOffset? Oldest => Rows.Where(static r => !r.IsOver).Select(static r => (DateTimeOffset?)r.CreatedAt).Min();

    /// <summary>Another text where anything is another.</summary>
    public string Version => Rows.Aggregate(
            new HashCode(),
            static (hash, row) =>
            {
                hash.Add(row);
                return hash;
            },
            static hash => hash.ToHashCode())
        .ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What a filter shows, in its order.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<CommitRow> Shown(CommitFilter filter, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(filter);
        IEnumerable<CommitRow> shown = Rows.Where(r => filter.Shows(r, now));
        return
        [
            .. filter.OldestFirst
                ? shown.OrderBy(static r => r.CreatedAt).ThenBy(static r => r.Id, StringComparer.Ordinal)
                : shown.OrderByDescending(static r => r.CreatedAt).ThenBy(static r => r.Id, StringComparer.Ordinal),
        ];
    }
}
