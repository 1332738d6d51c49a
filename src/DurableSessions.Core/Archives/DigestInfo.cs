using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Archives;

/// <summary>One digest of an archive.</summary>
public sealed record DigestInfo
{
    /// <summary>From 1, each given out once: 1 is the digest that the archive had before it was digested again on request.</summary>
    public required int Version { get; init; }

    /// <summary>Whether it is the archive's digest; of all digests of an archive one is.</summary>
    public required bool IsInPlace { get; init; }

    /// <summary>Whether it is, or has been: then it is kept until the session is deleted. A preview is not, and may be let go.</summary>
    public required bool WasInPlace { get; init; }

    /// <summary>Whether the built-in digest made it in place of a model.</summary>
    public required bool IsDegraded { get; init; }

    /// <summary>What made it: a model's name, or the name of the built-in digest.</summary>
    public required string Processor { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>One line, at most <see cref="SemanticDigest.MaxAbstractLength"/> characters.</summary>
    public required string Abstract { get; init; }

    /// <summary>
    /// Markdown, of everything up to the archive, at most <see cref="SemanticDigest.MaxOverviewLength"/> characters.
    /// </summary>
    public required string Overview { get; init; }

    /// <summary>What it was to look at besides; <see langword="null"/>: nothing.</summary>
    public string? Instructions { get; init; }

    /// <summary>What the model has taken and given for it; <see langword="null"/>: there was no model.</summary>
    public TokenUsage? Usage { get; init; }

    internal static DigestInfo Of(DigestVersion version, SemanticDocument document, bool isInPlace) => new()
    {
        Version = version.Version,
        IsInPlace = isInPlace,
        WasInPlace = version.WasInPlace,
        IsDegraded = version.IsDegraded,
        Processor = document.Processor,
        CreatedAt = document.CreatedAt,
        Abstract = document.Abstract,
        Overview = document.Overview,
        Instructions = document.Instructions,
        Usage = document.Usage,
    };
}
