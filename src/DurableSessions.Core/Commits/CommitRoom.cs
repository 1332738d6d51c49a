using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Commits;

/// <summary>Sets a place aside for a commit that is about to start, under the account's quota of commits that wait.</summary>
internal sealed class CommitRoom(AccountUsages usages, OrchestrationClient client)
{
    /// <summary>
    /// A place for the commit. <see langword="null"/>: there is no quota, the commit has one already (its instance is there), or it
    /// helps one which is over, and which counts until it is helped.
    /// </summary>
    /// <exception cref="QuotaExceededException">There is none left.</exception>
    public async Task<Reservation?> ReserveAsync(
        SessionKey key, CommitId commitId, Manifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            return await usages.ReserveCommitAsync(key.Account, cancellationToken);
        }
        catch (QuotaExceededException)
        {
            bool isRepetition = commitId.IsDerived && await client.GetInstanceAsync(commitId.Value, cancellationToken) is not null;
            if (!isRepetition && !await AbandonedCommits.HasAsync(manifest, client, cancellationToken))
            {
                throw;
            }

            return null;
        }
    }
}
