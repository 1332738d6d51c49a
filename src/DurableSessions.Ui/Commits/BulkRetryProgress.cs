namespace DurableSessions.Ui.Commits;

/// <summary>How far a bulk retry has come.</summary>
/// <param name="All">The commits it is for.</param>
/// <param name="Retried">Of which another attempt was started.</param>
/// <param name="Skipped">Which could not be retried any more.</param>
/// <param name="Failed">Which could not be started: storage or the engine gave no answer.</param>
/// <param name="IsOver">Whether it has ended, or was stopped.</param>
public sealed record BulkRetryProgress(int All, int Retried, int Skipped, int Failed, bool IsOver)
{
    /// <summary>Which it has not come to.</summary>
    public int Left => All - Retried - Skipped - Failed;
}
