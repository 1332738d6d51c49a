namespace DurableSessions.Core.Sessions;

/// <summary>An archive and the task that made it.</summary>
/// <param name="Number">The archive, from 1.</param>
/// <param name="TaskId">The commit.</param>
public sealed record ArchiveTask(int Number, string TaskId);
