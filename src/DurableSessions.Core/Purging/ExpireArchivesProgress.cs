namespace DurableSessions.Core.Purging;

/// <summary>What one run has deleted.</summary>
/// <param name="Archives">How many archives.</param>
/// <param name="IsDone">Whether none is left; else the next run goes on.</param>
internal sealed record ExpireArchivesProgress(int Archives, bool IsDone);
