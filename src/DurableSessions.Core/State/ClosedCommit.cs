using DurableSessions.Core.Identities;

namespace DurableSessions.Core.State;

/// <summary>A commit that was closed without an archive.</summary>
internal sealed record ClosedCommit(CommitId CommitId, int Attempt, CommitFate Fate, string? Reason)
{
    /// <summary>Why a later attempt of the same commit closes an earlier one; see <see cref="CommitRecord.IsRetried"/>.</summary>
    public const string RetriedReason = "retried";
}
