using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Chat;

/// <summary>The model answered with an error that may pass, or not at all. The policy of the commit retries it.</summary>
/// <param name="message">Nothing of what the model has said: its errors may repeat the key or the question.</param>
/// <param name="httpStatus">The HTTP status of the answer; <see langword="null"/> where there was none.</param>
public sealed class ModelErrorException(string message, int? httpStatus) : Exception(message), IModelFailure
{
    /// <inheritdoc/>
    public ModelFailure Failure => ModelFailure.Away;

    /// <inheritdoc/>
    public int? HttpStatus { get; } = httpStatus;
}
