using DurableSessions.Core.Configuration;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Purging;

/// <summary>
/// Purges the instances that ended longer ago than <see cref="SessionOptions.TaskRetention"/>: once a day, on one host of a store. It costs
/// one listing for each 1,000 instances that there are, and about ten requests for each that is purged.
/// </summary>
internal sealed class Purge(
    PurgeTurns turns, InstancePurger purger, OrchestrationClient client, OrchestrationRegistry registry, SessionOptions options,
    TimeProvider time, ILogger<Purge> logger)
{
    private const int PageSize = 1_000;
    private const int PurgedAtOnce = 4;

    private static readonly TimeSpan KeepEvery = PurgeTurn.Silence / 5;

    /// <summary>Purges, where it is this host's turn.</summary>
    /// <returns>How many instances were purged; <see langword="null"/>: it is not this host's turn.</returns>
    public async Task<int?> RunAsync(CancellationToken cancellationToken)
    {
        if (options.TaskRetention == TimeSpan.Zero || await turns.TryTakeAsync(cancellationToken) is not { } held)
        {
            return null;
        }

        // A host whose clock is ahead purges nothing early.
        DateTimeOffset before = Earlier(time.GetUtcNow(), held.WrittenAt) - options.TaskRetention;
        var query = new OrchestrationQuery { Statuses = OrchestrationRuntimeStatuses.Over, CreatedTo = before, PageSize = PageSize };
        int purged = 0;
        await foreach (OrchestrationPage page in client.ListPagesAsync(query, cancellationToken))
        {
            foreach (OrchestrationMetadata[] chunk in page.Values.Where(m => IsDue(m, before)).Chunk(PurgedAtOnce))
            {
                bool[] gone = await Task.WhenAll(chunk.Select(m => TryPurgeAsync(m, before, cancellationToken)));
                purged += gone.Count(static g => g);
                if (time.GetUtcNow() - held.Turn.SeenAt >= KeepEvery)
                {
                    if (await turns.TryKeepAsync(held, isOver: false, cancellationToken) is not { } kept)
                    {
                        return purged;
                    }

                    held = kept;
                }
            }
        }

        await turns.TryKeepAsync(held, isOver: true, cancellationToken);
        logger.InstancesPurged(purged, options.TaskRetention);
        return purged;
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
