using System.ComponentModel.DataAnnotations;

namespace DurableSessions.Core.Semantics;

/// <summary>How the semantic step is tried, and what happens when it fails. Part of the input, so that a replay sees the same.</summary>
public sealed record SemanticPolicy
{
    /// <summary>Attempts in all; at least 1.</summary>
    [Range(1, int.MaxValue)]
    public int MaxAttempts { get; init; } = 3;

    /// <summary>The wait after the first attempt, 0 to a day; it doubles, up to 5 minutes or to this where this is longer.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan FirstRetryInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one attempt may take: more than 0, up to a day; 10 minutes unless set.</summary>
    [Range(typeof(TimeSpan), "00:00:00.0000001", "1.00:00:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Whether the built-in digest stands in when all attempts have failed; otherwise the task fails and the archive stays uncovered.
    /// </summary>
    public bool FallBack { get; init; } = true;
}
