namespace DurableSessions.Core.Commits;

/// <summary>The names that stand in histories: of the orchestrator, its activities and its events. They are never changed.</summary>
public static class CommitNames
{
    /// <summary>The commit's orchestrator.</summary>
    public const string Orchestrator = "commit-session";

    /// <summary>The first step.</summary>
    public const string ArchiveToTemp = "archive-to-temp";

    /// <summary>The second step.</summary>
    public const string ClearLive = "clear-live";

    /// <summary>Looks whether all commits before this one have been switched.</summary>
    public const string CheckTurn = "check-turn";

    /// <summary>The third step.</summary>
    public const string SemanticProcess = "semantic-process";

    /// <summary>The fourth step.</summary>
    public const string Switch = "switch";

    /// <summary>Has the end of a commit reported, where it has a webhook.</summary>
    public const string ScheduleNotify = "schedule-report";

    /// <summary>Closes a commit that has not cleared anything.</summary>
    public const string CancelCommit = "cancel-commit";

    /// <summary>The orchestrator that digests a session's degraded archives again.</summary>
    public const string DigestAgainOrchestrator = "digest-session-again";

    /// <summary>Digests the oldest of them again. It has a name of its own, so that an engine bounds it apart from commits.</summary>
    public const string DigestAgain = "digest-again";

    /// <summary>The orchestrator that changes the digest of one covered archive.</summary>
    public const string DigestArchiveOrchestrator = "change-archive-digest";

    /// <summary>Makes another digest of it. It has a name of its own, so that an engine bounds it apart from commits.</summary>
    public const string DigestArchive = "digest-archive";

    /// <summary>Keeps that digest, and puts one in place.</summary>
    public const string ChangeDigest = "change-digest";

    /// <summary>The tag of an instance that is the id of the commit's session; its fairness key is the session's owner.</summary>
    public const string SessionTag = "session";

    /// <summary>The event that a predecessor raises when it has ended. It only wakes: the manifest decides.</summary>
    public const string TurnEvent = "turn";

    /// <summary>The event by which a user cancels.</summary>
    public const string CancelEvent = "cancel";
}
