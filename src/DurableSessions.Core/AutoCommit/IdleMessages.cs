using DurableSessions.Core.Sessions;

namespace DurableSessions.Core.AutoCommit;

/// <summary>The names that stand in histories; never changed.</summary>
public static class IdleNames
{
    /// <summary>The orchestrator that waits until a session is idle.</summary>
    public const string Orchestrator = "commit-when-idle";

    /// <summary>Its activity.</summary>
    public const string CheckIdle = "check-idle";
}

/// <summary>Which session to watch.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
/// <param name="DecidedCount">The state of the session in which the watch began: there is one watch for each.</param>
public sealed record IdleInput(SessionKey Session, string Incarnation, int DecidedCount)
{
    /// <summary>Counts the instances that follow each other in one watch, so that no history grows for ever.</summary>
    public int Part { get; init; }

    internal string InstanceId => $"idle-{Incarnation}-{DecidedCount}-{Part}";
}

/// <summary>What a look at a session says.</summary>
/// <param name="DueAt">When to look again; <see langword="null"/>: there is nothing left to watch.</param>
internal sealed record IdleCheck(DateTimeOffset? DueAt);
