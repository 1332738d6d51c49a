namespace DurableSessions.Core.Tasks;

/// <summary>Which tasks to list.</summary>
public sealed record CommitTaskQuery
{
    /// <summary>The tasks that are read at once.</summary>
    public const int ReadAtOnce = 8;

    /// <summary>Only those of this session.</summary>
    public string? Session { get; init; }

    /// <summary>Only those in this status.</summary>
    public CommitTaskStatus? Status { get; init; }

    /// <summary>How many at most, 1 to 200.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>
    /// Called before tasks are read, with how many: at most <see cref="ReadAtOnce"/>, and at most 1,000 in all. An exception ends the
    /// listing.
    /// </summary>
    public Action<int>? Reading { get; init; }
}
