using DurableSessions.Core.Semantics;
using DurableSessions.Orchestration;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// The model refused the request, or none of its answers is usable. It is not retried within this attempt of the commit.
/// </summary>
/// <param name="message">Nothing of what the model has said.</param>
/// <param name="refusal">The HTTP status of a refusal; <see langword="null"/> where the model has answered.</param>
/// <remarks>Histories of earlier versions record the full name of this type.</remarks>
public sealed class ModelAnswerException(string message, int? refusal = null) : NonRetriableTaskException(message), IModelFailure
{
    /// <inheritdoc/>
    public ModelFailure Failure => HttpStatus is null ? ModelFailure.Unusable : ModelFailure.Refused;

    /// <inheritdoc/>
    public int? HttpStatus { get; } = refusal;
}
