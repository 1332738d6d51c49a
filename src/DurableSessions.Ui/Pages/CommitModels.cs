using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using DurableSessions.Ui.Commits;

namespace DurableSessions.Ui.Pages;

/// <summary>A page of commits of all users.</summary>
/// <param name="Filter">What is shown.</param>
/// <param name="Board">All there are.</param>
/// <param name="Rows">Those of this page.</param>
/// <param name="All">How many the filter shows.</param>
/// <param name="Number">The page, from 1.</param>
/// <param name="Retry">The last bulk retry of this host.</param>
public sealed record CommitListing(
    CommitFilter Filter, BoardSnapshot Board, IReadOnlyList<CommitRow> Rows, int All, int Number, BulkRetryProgress? Retry);

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

/// <summary>One commit.</summary>
/// <param name="Row">As a listing shows it.</param>
/// <param name="Instance">Its instance.</param>
/// <param name="Task">Its task; <see langword="null"/>: its engine does not say whose it is.</param>
/// <param name="Timeline">Its history as bars.</param>
/// <param name="Json">Input, output and history as operators read them; <see langword="null"/>: the viewer is no operator.</param>
public sealed record OneCommit(
    CommitRow Row, OrchestrationMetadata Instance, CommitTask? Task, CommitTimeline Timeline, string? Json);
