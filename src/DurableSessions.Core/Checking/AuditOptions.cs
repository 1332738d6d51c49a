namespace DurableSessions.Core.Checking;

/// <summary>How an audit goes about it.</summary>
public sealed record AuditOptions
{
    /// <summary>Whether to remove orphans.</summary>
    public bool Repair { get; init; }

    /// <summary>
    /// How old an orphan must be to be removed; a day unless set. What is created a moment before it is named looks like an orphan
    /// for that moment.
    /// </summary>
    public TimeSpan OrphanAge { get; init; } = TimeSpan.FromDays(1);
}

/// <summary>How far an audit has come.</summary>
/// <param name="Stage">What is looked at.</param>
/// <param name="Sessions">Sessions checked so far.</param>
/// <param name="Archives">Archives read so far.</param>
/// <param name="Messages">Messages read so far.</param>
/// <param name="Blobs">Blobs looked at for orphans so far.</param>
public readonly record struct AuditProgress(string Stage, long Sessions, long Archives, long Messages, long Blobs);
