namespace DurableSessions.Core.Quotas;

/// <summary>What quotas count of an account, or a change of it.</summary>
/// <param name="Sessions">Sessions that are not deleted.</param>
/// <param name="Bytes">Bytes of its blobs.</param>
/// <param name="WaitingCommits">Commits that have not ended.</param>
internal readonly record struct AccountTotals(long Sessions = 0, long Bytes = 0, long WaitingCommits = 0)
{
    public static AccountTotals operator +(AccountTotals one, AccountTotals other) =>
        new(one.Sessions + other.Sessions, one.Bytes + other.Bytes, one.WaitingCommits + other.WaitingCommits);

    public static AccountTotals operator -(AccountTotals one, AccountTotals other) =>
        new(one.Sessions - other.Sessions, one.Bytes - other.Bytes, one.WaitingCommits - other.WaitingCommits);

    /// <summary>The larger of each.</summary>
    public static AccountTotals Max(AccountTotals one, AccountTotals other) =>
        new(
            Math.Max(one.Sessions, other.Sessions),
            Math.Max(one.Bytes, other.Bytes),
            Math.Max(one.WaitingCommits, other.WaitingCommits));
}
