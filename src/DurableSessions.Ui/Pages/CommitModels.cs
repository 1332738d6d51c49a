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

/// <summary>One commit.</summary>
/// <param name="Row">As a listing shows it.</param>
/// <param name="Instance">Its instance.</param>
/// <param name="Task">Its task; <see langword="null"/>: its engine does not say whose it is.</param>
/// <param name="Timeline">Its history as bars.</param>
/// <param name="HasHistory">Whether the engine has given one.</param>
/// <param name="Json">Input, output and history as operators read them; <see langword="null"/>: the viewer is no operator.</param>
public sealed record OneCommit(
    CommitRow Row, OrchestrationMetadata Instance, CommitTask? Task, CommitTimeline Timeline, bool HasHistory, string? Json);
