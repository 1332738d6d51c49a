namespace DurableSessions.Core.State;

/// <summary>A digest that the manifest is switched to.</summary>
/// <param name="Blob">The semantic document.</param>
/// <param name="IsDegraded">Whether the built-in digest stood in for a model.</param>
/// <param name="IsFromDegraded">
/// Whether the overview it was made from builds on a degraded one; <see langword="null"/>: unknown.
/// </param>
internal sealed record DigestReference(string Blob, bool IsDegraded = false, bool? IsFromDegraded = false);
