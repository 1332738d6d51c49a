namespace DurableSessions.Core.Semantics;

/// <summary>The processor that is configured, and the one that stands in for it.</summary>
/// <param name="Configured">Tried first.</param>
/// <param name="Fallback">
/// Tried where that fails. It should need no service that can be unavailable, as the extractive digest does not.
/// </param>
public sealed record SemanticProcessors(ISemanticProcessor Configured, ISemanticProcessor Fallback)
{
    /// <summary>The key under which a host's services hold the configured <see cref="ISemanticProcessor"/>, if there is one.</summary>
    public const string ConfiguredKey = "configured";

    /// <summary>The key under which a host's services hold the <see cref="ISemanticProcessor"/> that stands in.</summary>
    public const string FallbackKey = "fallback";

    /// <summary>Whether the one that is configured is another than the one that stands in for it.</summary>
    internal bool HasModel => !ReferenceEquals(Fallback, Configured);
}
