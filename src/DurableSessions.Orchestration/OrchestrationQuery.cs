namespace DurableSessions.Orchestration;

/// <summary>Which instances to list.</summary>
public sealed record OrchestrationQuery
{
    /// <summary>Only these statuses; empty: all.</summary>
    public IReadOnlyCollection<OrchestrationRuntimeStatus> Statuses { get; init; } = [];

    /// <summary>Only those created at or after this time.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Only those created before this time.</summary>
    public DateTimeOffset? CreatedTo { get; init; }

    /// <summary>Only those whose id begins so; <see langword="null"/>: all.</summary>
    public string? InstanceIdPrefix { get; init; }

    /// <summary>
    /// The most instances of one page, 1 to 1,000. A page may hold fewer, or none, although more follow, where few match the query: the
    /// number of instances that are read for one page is bounded.
    /// </summary>
    public int PageSize { get; init; } = 100;

    /// <summary>The token of the page before; <see langword="null"/> for the first page.</summary>
    public string? ContinuationToken { get; init; }

    /// <summary>Whether to return input, output, custom status and failure details as well: one more read for each instance.</summary>
    public bool FetchInputsAndOutputs { get; init; }
}
