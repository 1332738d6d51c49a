using DurableSessions.Core.Configuration;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Purging;

/// <summary>
/// Once a day, on one host of a store: purges the instances that ended longer ago than <see cref="SessionOptions.TaskRetention"/>, deletes
/// the sessions in which nothing was written for <see cref="SessionOptions.SessionRetention"/>, and the archives that were switched longer
/// ago than <see cref="SessionOptions.ArchiveRetention"/>. The first costs one listing for each 1,000 instances that there are, and about
/// ten requests for each that is purged; the others what <see cref="UnusedSessions"/> and <see cref="OldArchives"/> say.
/// </summary>
internal sealed class Purge(
    PurgeTurns turns, InstancePurger purger, UnusedSessions unused, OldArchives archives, OrchestrationClient client,
    OrchestrationRegistry registry, SessionOptions options, TimeProvider time, ILogger<Purge> logger)
{
    private const int PageSize = 1_000;

    /// <summary>Purges and deletes, where it is this host's turn.</summary>
    /// <returns>How many instances were purged; <see langword="null"/>: it is not this host's turn.</returns>
    public async Task<int?> RunAsync(CancellationToken cancellationToken)
    {
        bool keepsAll = options.TaskRetention == TimeSpan.Zero
            && options.SessionRetention == TimeSpan.Zero
            && options.ArchiveRetention == TimeSpan.Zero;
        if (keepsAll || await turns.TryTakeAsync(cancellationToken) is not { } held)
        {
            return null;
        }

        // A host whose clock is ahead purges nothing early.
        DateTimeOffset now = Earlier(time.GetUtcNow(), held.WrittenAt);
        var turn = new RunningTurn(turns, held, time);
        int purged = 0;
        if (options.TaskRetention > TimeSpan.Zero)
        {
            purged = await PurgeInstancesAsync(turn, now - options.TaskRetention, cancellationToken);
        }

        if (options.SessionRetention > TimeSpan.Zero)
        {
            await DeleteSessionsAsync(turn, cancellationToken);
        }

        if (options.ArchiveRetention > TimeSpan.Zero)
        {
            await DeleteArchivesAsync(turn, cancellationToken);
        }

        await turn.EndAsync(cancellationToken);
        return purged;
    }

    private async Task<int> PurgeInstancesAsync(RunningTurn turn, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var query = new OrchestrationQuery { Statuses = OrchestrationRuntimeStatuses.Over, CreatedTo = before, PageSize = PageSize };
        int purged = 0;
        await foreach (OrchestrationPage page in client.ListPagesAsync(query, cancellationToken))
        {
            purged += await turn.CountAsync(
                page.Values.Where(m => IsDue(m, before)), m => TryPurgeAsync(m, before, cancellationToken), cancellationToken);
            if (turn.IsLost)
            {
                return purged;
            }
        }

        logger.InstancesPurged(purged, options.TaskRetention);
        return purged;
    }

    private async Task DeleteSessionsAsync(RunningTurn turn, CancellationToken cancellationToken)
    {
        int started = 0;
        await foreach ((IReadOnlyList<OldManifest> page, DateTimeOffset before) in
            unused.ListAsync(options.SessionRetention, cancellationToken))
        {
            started += await turn.CountAsync(page, m => unused.DeleteAsync(m, before, cancellationToken), cancellationToken);
            if (turn.IsLost)
            {
                return;
            }
        }

        logger.UnusedSessionsFound(started, options.SessionRetention);
    }

    private async Task DeleteArchivesAsync(RunningTurn turn, CancellationToken cancellationToken)
    {
        int started = 0;
        await foreach ((IReadOnlyList<OldManifest> page, DateTimeOffset before) in
            archives.ListAsync(options.ArchiveRetention, cancellationToken))
        {
            started += await turn.CountAsync(page, m => archives.DeleteAsync(m.Session, before, cancellationToken), cancellationToken);
            if (turn.IsLost)
            {
                return;
            }
        }

        logger.OldArchivesFound(started, options.ArchiveRetention);
    }

    // Orchestrators of others, on a task hub that is shared, are theirs to purge.
    private bool IsDue(OrchestrationMetadata ended, DateTimeOffset before) =>
        ended.LastUpdatedAt < before && registry.Orchestrators.ContainsKey(ended.Name);

    private async Task<bool> TryPurgeAsync(OrchestrationMetadata ended, DateTimeOffset before, CancellationToken cancellationToken)
    {
        try
        {
            return await purger.PurgeAsync(ended, before, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            logger.InstanceNotPurged(e, ended.InstanceId);
            return false;
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
