using DurableSessions.Core.Commits;

namespace DurableSessions.Core.Notifying;

/// <summary>The names that stand in histories. They are never changed.</summary>
public static class NotifyNames
{
    /// <summary>The orchestrator that reports the end of one attempt of a commit.</summary>
    public const string Orchestrator = "report-commit";

    /// <summary>Sends the webhook once. It has a name of its own, so that an engine bounds it apart from commits.</summary>
    public const string Send = "send-webhook";

    /// <summary>The instance that reports the end of an attempt: scheduled twice, it is one.</summary>
    /// <param name="commit">The commit.</param>
    internal static string InstanceId(CommitInput commit) => $"report-{commit.CommitId.Value}-{commit.Attempt}";
}
