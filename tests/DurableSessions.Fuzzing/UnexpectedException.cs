namespace DurableSessions.Fuzzing;

/// <summary>A parser gave what its target does not expect.</summary>
internal sealed class UnexpectedException(string message) : Exception(message);
