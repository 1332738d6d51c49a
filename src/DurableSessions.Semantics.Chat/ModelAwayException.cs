using DurableSessions.Core.Semantics;
using DurableSessions.Orchestration;

namespace DurableSessions.Semantics.Chat;

/// <summary>The model is unavailable: the circuit breaker is open. It is not retried within this attempt of the commit.</summary>
/// <remarks>Histories of earlier versions record the full name of this type.</remarks>
public sealed class ModelAwayException(string message) : NonRetriableTaskException(message), IModelFailure
{
    /// <inheritdoc/>
    public ModelFailure Failure => ModelFailure.Away;

    /// <inheritdoc/>
    public int? HttpStatus => null;
}
