namespace DurableSessions.Core.Semantics;

/// <summary>
/// An exception of a processor that says how its model has failed. A user is shown that, and no exception's message: a model's own words
/// may repeat the key of a request, or the conversation.
/// </summary>
public interface IModelFailure
{
    /// <summary>How it has failed.</summary>
    ModelFailure Failure { get; }

    /// <summary>The HTTP status of its answer; <see langword="null"/> where there was none, or it says nothing.</summary>
    int? HttpStatus { get; }
}
