using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Context;

/// <summary>An archive that an overview covers.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Commit">Whose messages it has.</param>
/// <param name="Bytes">The bytes of their lines.</param>
/// <param name="Abstract">One line; empty where it has no digest of its own.</param>
internal sealed record CoveredArchive(int Number, CommitAttempt Commit, long Bytes, string Abstract);
