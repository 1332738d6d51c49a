using DurableSessions.Core.Commits;

namespace DurableSessions.Core.Tasks;

/// <summary>The answer to a request to commit.</summary>
/// <param name="Task">The task; <see langword="null"/> where there was nothing to archive, and no task was made.</param>
/// <param name="SkipReason">Why nothing is archived, <see langword="null"/> where something may be.</param>
public sealed record CommitAnswer(CommitTask? Task, SkipReason? SkipReason);
