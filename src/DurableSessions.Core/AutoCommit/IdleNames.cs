namespace DurableSessions.Core.AutoCommit;

/// <summary>The names that stand in histories; never changed.</summary>
public static class IdleNames
{
    /// <summary>The orchestrator that waits until a session is idle.</summary>
    public const string Orchestrator = "commit-when-idle";

    /// <summary>Its activity.</summary>
    public const string CheckIdle = "check-idle";
}
