using DurableSessions.Core.Identities;

namespace DurableSessions.Core.State;

/// <summary>A switched archive, by number and by commit.</summary>
internal sealed record ArchiveReference(int Number, CommitId CommitId, int Attempt);
