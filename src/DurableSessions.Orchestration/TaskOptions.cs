namespace DurableSessions.Orchestration;

/// <summary>Options of one call of an activity.</summary>
/// <param name="Retry">The retry policy; <see langword="null"/>: no retries.</param>
public sealed record TaskOptions(RetryPolicy? Retry = null);
