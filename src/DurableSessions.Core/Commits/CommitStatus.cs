namespace DurableSessions.Core.Commits;

/// <summary>What a poller sees while a commit runs.</summary>
/// <param name="Stage">Where it stands.</param>
/// <param name="Number">The archive's number, from clear-live on.</param>
/// <param name="Cancelling">Whether a cancellation has been seen.</param>
public sealed record CommitStatus(CommitStage Stage, int? Number = null, bool Cancelling = false);
