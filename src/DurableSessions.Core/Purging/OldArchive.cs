using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Purging;

/// <summary>An archive that was switched long ago.</summary>
/// <param name="Session">The session, which lives on.</param>
/// <param name="Number">Which archive.</param>
/// <param name="SwitchedAt">When it was switched, by the clock of the host that did.</param>
public sealed record OldArchive(SessionKey Session, int Number, DateTimeOffset SwitchedAt);
