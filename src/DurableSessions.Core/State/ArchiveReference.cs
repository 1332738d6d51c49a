using DurableSessions.Core.Commits;

namespace DurableSessions.Core.State;

/// <summary>A switched archive, by number and by commit.</summary>
internal sealed record ArchiveReference(int Number, string CommitId, int Attempt);
