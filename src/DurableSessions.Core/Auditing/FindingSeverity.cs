namespace DurableSessions.Core.Auditing;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>Normal, or it mends itself; worth knowing.</summary>
    Information,

    /// <summary>Costs storage, and nothing else: an orphan that is old enough to be removed.</summary>
    Warning,

    /// <summary>Something that the store promises does not hold.</summary>
    Error,
}
