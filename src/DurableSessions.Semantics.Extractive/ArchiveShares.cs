using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Gives each archive its share of an overview, so that the newest does not push out all that was before it. Archives are known by the
/// days of their statements, which is what an overview keeps of them. Of what has no day, the newest archive alone is known by itself.
/// </summary>
internal sealed class ArchiveShares
{
    private const double OfNewest = 0.33;

    private readonly Dictionary<DateOnly, int> _taken = [];
    private readonly double _share;
    private readonly bool _hasUndated;
    private int _newest;

    public ArchiveShares(Digestion digestion)
    {
        foreach (Statement statement in Enum.GetValues<StatementKind>().SelectMany(k => digestion[k]))
        {
            if (statement.Stamp.Date is { } date)
            {
                _taken[date] = 0;
            }

            _hasUndated |= statement is { IsCarried: true, Stamp.Date: null };
        }

        _share = SemanticDigest.MaxOverviewLength / Math.Max(1.0, _taken.Count);
    }

    /// <summary>How many archives are known by their days.</summary>
    public int Count => _taken.Count;

    /// <summary>How many shares a statement's archive has taken: 1 is all that it may expect.</summary>
    public double Taken(Statement statement) => statement switch
    {
        { Stamp.Date: { } date } => _taken.Count > 1 ? Math.Min(_taken[date] / _share, 4) : 0,
        { IsCarried: false } when _hasUndated => _newest / (OfNewest * SemanticDigest.MaxOverviewLength),
        _ => 0,
    };

    public void Take(Statement statement)
    {
        if (statement.Stamp.Date is { } date)
        {
            _taken[date] += statement.Line.Length;
        }
        else if (!statement.IsCarried)
        {
            _newest += statement.Line.Length;
        }
    }
}
