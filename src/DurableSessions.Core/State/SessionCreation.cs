namespace DurableSessions.Core.State;

/// <summary>What a session is created with.</summary>
/// <param name="Incarnation">Drawn for it, and for no other.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="CreatedBy">The request that creates it, where that has an idempotency key.</param>
internal sealed record SessionCreation(string Incarnation, SessionSettings Settings, RequestKey? CreatedBy);
