using System.Globalization;
using DurableSessions.Core.State;

namespace DurableSessions.Model.Tests.State;

/// <summary>A commit's record as a blob's flags, and as the product has it.</summary>
/// <param name="Fate">What became of the attempt.</param>
/// <param name="IsRetried">Closed by a later attempt.</param>
/// <param name="Number">The archive's number, 0 where there is none.</param>
/// <param name="Semantic">The attempt whose digest it is, -1 where there is none.</param>
internal readonly record struct Record(CommitFate Fate, bool IsRetried, int Number, int Semantic)
{
    public bool IsArchived => Fate == CommitFate.Archived;

    public int Flags => (int)Fate | (IsRetried ? 4 : 0) | ((Semantic + 1) << 3) | (Number << 8);

    public static Record Of(Blob blob) =>
        new((CommitFate)(blob.Flags & 3), (blob.Flags & 4) != 0, blob.Flags >> 8, ((blob.Flags >> 3) & 31) - 1);

    /// <summary>The record as the product's transitions take it.</summary>
    public CommitRecord ToCommitRecord(int attempt) => new()
    {
        CommitId = Names.Commit(attempt),
        Attempt = (attempt % 2) + 1,
        Fate = Fate,
        DecidedAt = DateTimeOffset.UnixEpoch,
        Number = Number,
        Semantic = Semantic < 0 ? null : "digest-" + Semantic.ToString(CultureInfo.InvariantCulture),
    };
}
