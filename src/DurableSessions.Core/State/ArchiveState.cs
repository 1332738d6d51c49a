namespace DurableSessions.Core.State;

/// <summary>How far an archive has been digested.</summary>
public enum ArchiveState
{
    /// <summary>Staged and cleared from live; the semantic step or the switch is still to come.</summary>
    Pending,

    /// <summary>An overview covers it.</summary>
    Covered,

    /// <summary>An overview covers it, made by the built-in digest because the configured one failed.</summary>
    Degraded,

    /// <summary>No overview covers it: its messages stay in context.</summary>
    Uncovered,
}
