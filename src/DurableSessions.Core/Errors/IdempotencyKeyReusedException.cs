namespace DurableSessions.Core.Errors;

/// <summary>An idempotency key came again with another request.</summary>
public sealed class IdempotencyKeyReusedException()
    : Exception("Idempotency-Key was used before with another request; a key stands for one request.");
