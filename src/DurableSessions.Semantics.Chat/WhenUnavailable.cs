namespace DurableSessions.Semantics.Chat;

/// <summary>What happens to a digest while the model is unavailable: the circuit breaker is open.</summary>
public enum WhenUnavailable
{
    /// <summary>
    /// It fails at once. The policy of the semantic step decides whether the built-in digest replaces it or the task fails.
    /// </summary>
    FallBack,

    /// <summary>
    /// It waits until the circuit breaker lets requests pass again, bounded by the timeout of an attempt of the semantic step.
    /// </summary>
    Wait,
}
