namespace DurableSessions.Core.Failures;

/// <summary>
/// A step failed in a way that may pass. Its message is a <see cref="StepFailure"/>'s text, which histories and users may have.
/// </summary>
/// <remarks>It has no inner exception: an engine may record the messages of those too.</remarks>
internal sealed class StepFailedException(string message) : Exception(message);
