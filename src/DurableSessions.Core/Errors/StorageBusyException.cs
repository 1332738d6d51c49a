namespace DurableSessions.Core.Errors;

/// <summary>
/// Storage is slower than what waits for it: work that had not begun has waited for longer than it may. Nothing of it was sent to storage,
/// and the same request can be sent again.
/// </summary>
public sealed class StorageBusyException() : Exception("Storage is busy. Nothing was begun; try again.");
