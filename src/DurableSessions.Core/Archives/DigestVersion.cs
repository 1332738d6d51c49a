namespace DurableSessions.Core.Archives;

/// <summary>One digest of an archive, in place or kept beside the one that is.</summary>
internal sealed record DigestVersion
{
    /// <summary>From 1, each given out once; 1 is the digest that the archive had before the first change.</summary>
    public required int Version { get; init; }

    /// <summary>The semantic document, which is written once.</summary>
    public required string Semantic { get; init; }

    /// <summary>Whether it is, or has been, the archive's digest; a preview has not.</summary>
    public bool WasInPlace { get; init; }

    /// <summary>Whether the built-in digest made it in place of a model.</summary>
    public bool IsDegraded { get; init; }
}
