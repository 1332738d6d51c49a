namespace DurableSessions.Core.Memories;

/// <summary>Bounds of a user's long-term memory.</summary>
public static class MemoryLimits
{
    /// <summary>The most memories of one user. A commit that would make one more has that change skipped, and says so.</summary>
    public const int MaxMemories = 1_000;

    /// <summary>
    /// The most memories of one user that commits make without the owner's words alone: memories whose sources are not
    /// <see cref="MemorySources.Owner"/>, unknown ones included. A change that would make one more is skipped, with the reason. The rest
    /// of <see cref="MaxMemories"/> is the owner's. What is taken back, and what the owner's client writes, is not limited by it.
    /// </summary>
    public const int MaxMemoriesOfOthers = 750;

    /// <summary>The longest memory, in characters.</summary>
    public const int MaxContentLength = 8_000;

    /// <summary>The most changes that one digest may ask for; those behind them are skipped.</summary>
    public const int MaxChanges = 32;

    /// <summary>The most changes that a digest says it did not ask for, one by one; of more it says how many.</summary>
    public const int MaxSkipped = 64;

    /// <summary>The longest first line that listings tell, in characters.</summary>
    public const int MaxAbstractLength = 200;

    /// <summary>The most memories that a digest is shown with their contents.</summary>
    public const int MaxShown = 64;

    /// <summary>
    /// Commits of one user whose changes are in the catalogue and that have not ended; the changes of one more are skipped.
    /// </summary>
    internal const int MaxUnended = 64;
}
