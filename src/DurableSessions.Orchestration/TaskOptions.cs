namespace DurableSessions.Orchestration;

/// <summary>How one call of an activity is made.</summary>
/// <param name="Retry">When to try again; <see langword="null"/>: never.</param>
public sealed record TaskOptions(RetryPolicy? Retry = null);
