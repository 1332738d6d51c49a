using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Core.Tasks;

/// <summary>What a user asks for an archive's digest.</summary>
/// <param name="Mode">What is to be done.</param>
public sealed record DigestRequest(DigestMode Mode)
{
    /// <summary>The digest to put in place, of <see cref="DigestMode.Restore"/> alone, which needs it; 1 or more.</summary>
    public int? Version { get; init; }

    /// <summary>
    /// What the digest is to look at besides, 1 to <see cref="SemanticRequest.MaxInstructionsLength"/> characters; not of
    /// <see cref="DigestMode.Restore"/>. <see langword="null"/>: nothing.
    /// </summary>
    public string? Instructions { get; init; }

    /// <summary>By which a repetition of this request is recognised.</summary>
    public IdempotencyKey? IdempotencyKey { get; init; }

    internal void EnsureValid()
    {
        if (!Enum.IsDefined(Mode))
        {
            throw new ArgumentOutOfRangeException(nameof(Mode), Mode, "There is no such mode.");
        }

        if (Mode == DigestMode.Restore != Version.HasValue || Version < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(Version), Version, "A digest that is restored has a version of 1 or more.");
        }

        if (Instructions is { } text
            && (Mode == DigestMode.Restore || text.Length is 0 or > SemanticRequest.MaxInstructionsLength))
        {
            throw new ArgumentOutOfRangeException(
                nameof(Instructions), text.Length,
                $"Instructions are 1 to {SemanticRequest.MaxInstructionsLength} characters, for a digest that is made.");
        }
    }
}
