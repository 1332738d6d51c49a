using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;

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
