namespace DurableSessions.Core.Auditing;

/// <summary>How an audit goes about it.</summary>
public sealed record AuditOptions
{
    /// <summary>Whether to remove orphans, and to write what the search index has not of archives.</summary>
    public bool Repair { get; init; }

    /// <summary>
    /// How old an orphan must be to be removed; a day unless set. What is created a moment before it is named looks like an orphan
    /// for that moment.
    /// </summary>
    public TimeSpan OrphanAge { get; init; } = TimeSpan.FromDays(1);
}
