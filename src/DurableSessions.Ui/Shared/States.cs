using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Ui.Commits;

namespace DurableSessions.Ui.Shared;

/// <summary>States in words and colours: the word alone says all.</summary>
public static class States
{
    /// <summary>Of an archive.</summary>
    public static (string Text, string Tone) Of(ArchiveState state) => state switch
    {
        ArchiveState.Pending => ("pending", "busy"),
        ArchiveState.Covered => ("covered", "good"),
        ArchiveState.Degraded => ("degraded", "warn"),
        _ => ("uncovered", "bad"),
    };

    /// <summary>Of a commit, as an operator sees it.</summary>
    public static (string Text, string Tone) Of(CommitState state) => state switch
    {
        CommitState.Pending => ("pending", "busy"),
        CommitState.Running => ("running", "busy"),
        CommitState.Suspended => ("suspended", "warn"),
        CommitState.Completed => ("completed", "good"),
        CommitState.Failed => ("failed", "bad"),
        CommitState.Terminated => ("terminated", "bad"),
        _ => ("cancelled", ""),
    };

    /// <summary>Of a commit.</summary>
    public static (string Text, string Tone) Of(CommitTaskStatus status) => status switch
    {
        CommitTaskStatus.Pending => ("pending", "busy"),
        CommitTaskStatus.Running => ("running", "busy"),
        CommitTaskStatus.Cancelling => ("cancelling", "warn"),
        CommitTaskStatus.Completed => ("completed", "good"),
        CommitTaskStatus.Failed => ("failed", "bad"),
        _ => ("cancelled", ""),
    };
}
