using System.Globalization;
using DurableSessions.Core.State;

namespace DurableSessions.Model.Tests.State;

/// <summary>A commit's record as a blob's flags, and as the product has it.</summary>
/// <param name="Fate">What became of the attempt.</param>
/// <param name="IsRetried">Closed by a later attempt.</param>
/// <param name="Number">The archive's number, 0 where there is none.</param>
/// <param name="Semantic">The attempt whose digest it is, -1 where there is none.</param>
/// <param name="Digest">What that digest says of itself: see <see cref="DegradedDigest"/>.</param>
internal readonly record struct Record(CommitFate Fate, bool IsRetried, int Number, int Semantic, int Digest = 0)
{
    /// <summary>Of a digest: the built-in one stood in.</summary>
    public const int DegradedDigest = 1;

    /// <summary>Of a digest: it was made from an overview that builds on a degraded one.</summary>
    public const int FromDegraded = 2;

    public bool IsDegraded => (Digest & DegradedDigest) != 0;

    /// <summary>Whether it has a digest, of a model.</summary>
    public bool AsksForMemories => Semantic >= 0 && !IsDegraded;

    public bool IsArchived => Fate == CommitFate.Archived;

    public int Flags => (int)Fate | (IsRetried ? 4 : 0) | ((Semantic + 1) << 3) | (Number << 8) | (Digest << 16);

    public static Record Of(Blob blob) =>
        new((CommitFate)(blob.Flags & 3), (blob.Flags & 4) != 0, (blob.Flags >> 8) & 255, ((blob.Flags >> 3) & 31) - 1, blob.Flags >> 16);

    /// <summary>The record as the product's transitions take it.</summary>
    public CommitRecord ToCommitRecord(int attempt) => new()
    {
        CommitId = Names.Commit(attempt),
        Attempt = (attempt % 2) + 1,
        Fate = Fate,
        DecidedAt = DateTimeOffset.UnixEpoch,
        Number = Number,
        State = Semantic < 0 ? ArchiveState.Uncovered : IsDegraded ? ArchiveState.Degraded : ArchiveState.Covered,
        IsFromDegraded = (Digest & FromDegraded) != 0,
        Semantic = Semantic < 0 ? null : "digest-" + Semantic.ToString(CultureInfo.InvariantCulture),
    };
}
