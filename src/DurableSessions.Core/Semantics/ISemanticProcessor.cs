namespace DurableSessions.Core.Semantics;

/// <summary>
/// Digests a session's messages: the port of the semantic step. An implementation may fail, be slow, and be called again
/// for the same request; what it returns once and has been stored is never asked for again.
/// </summary>
public interface ISemanticProcessor
{
    /// <summary>A short name that is stored with the digest: <c>extractive</c>, a model's name.</summary>
    string Name { get; }

    /// <summary>Makes the digest of what came before together with the new messages.</summary>
    Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken);
}
