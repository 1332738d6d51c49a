namespace DurableSessions.Core.Purging;

/// <summary>The names that stand in histories; never changed.</summary>
public static class ExpireNames
{
    /// <summary>The orchestrator that deletes a session in which nothing was written for long.</summary>
    public const string Orchestrator = "expire-session";

    /// <summary>Its activity.</summary>
    public const string DeleteUnused = "delete-unused-session";

    /// <summary>The orchestrator that deletes archives of a session that were switched long ago.</summary>
    public const string ArchivesOrchestrator = "expire-archives";

    /// <summary>Its activity.</summary>
    public const string DeleteArchives = "delete-old-archives";
}
