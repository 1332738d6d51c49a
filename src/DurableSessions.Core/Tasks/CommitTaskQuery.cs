namespace DurableSessions.Core.Tasks;

/// <summary>Which tasks to list.</summary>
public sealed record CommitTaskQuery
{
    /// <summary>Only those of this session.</summary>
    public string? Session { get; init; }

    /// <summary>Only those in this status.</summary>
    public CommitTaskStatus? Status { get; init; }

    /// <summary>How many at most, 1 to 200.</summary>
    public int Limit { get; init; } = 50;
}
