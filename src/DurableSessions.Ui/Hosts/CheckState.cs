using DurableSessions.Core.Auditing;

namespace DurableSessions.Ui.Hosts;

/// <summary>How far an audit has come, and what it has found.</summary>
/// <param name="BeganAt">When it began.</param>
/// <param name="EndedAt">When it ended; <see langword="null"/>: it is under way.</param>
/// <param name="Error">Why it could not be completed; <see langword="null"/>: it could, or is under way.</param>
/// <param name="Progress">What it has looked at.</param>
/// <param name="Findings">The first of what it has found.</param>
/// <param name="Errors">How many errors.</param>
/// <param name="Others">How many orphans and notes.</param>
public sealed record CheckState(
    DateTimeOffset BeganAt,
    DateTimeOffset? EndedAt,
    string? Error,
    AuditProgress Progress,
    IReadOnlyList<Finding> Findings,
    int Errors,
    int Others);
