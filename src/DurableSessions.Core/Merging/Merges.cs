using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Merging;

/// <summary>
/// Starts to merge the segments of a user's index: after one commit in 16, and where a search sees very many. A start that fails, or that a
/// crash comes before, is left to a later one: all is found meanwhile.
/// </summary>
internal sealed class Merges(OrchestrationClient client, MergeSchedule schedule, HostCache memory, ILogger<Merges> logger)
{
    /// <summary>More segments of level 0 than a user has between two starts, but for one user in some thousand.</summary>
    public const int VeryMany = 128;

    private static readonly TimeSpan s_remembered = TimeSpan.FromMinutes(10);

    /// <summary>To be called after a commit's switch: one commit in 16 costs a start.</summary>
    public Task AfterSwitchAsync(CommitId commitId, UserKey user, CancellationToken cancellationToken) =>
        schedule.IsDue(commitId) ? TryStartAsync(user, cancellationToken) : Task.CompletedTask;

    /// <summary>To be called when a search has listed a user's segments: where there are very many, once in ten minutes a start.</summary>
    public async Task AfterListingAsync(UserKey user, int segments, CancellationToken cancellationToken)
    {
        if (segments > VeryMany && !memory.TryGetValue(("merge", user), out _))
        {
            memory.Set(("merge", user), true, HostCache.Small(s_remembered));
            await TryStartAsync(user, cancellationToken);
        }
    }

    /// <summary>Starts it; where it is on its way that changes nothing, and where it has ended it runs once more.</summary>
    public Task StartAsync(UserKey user, CancellationToken cancellationToken) => client.ScheduleNewOrchestrationInstanceAsync(
        MergeNames.Orchestrator,
        new MergeInput(user),
        new StartOrchestrationOptions(MergeInput.InstanceIdOf(user))
        {
            ReusableStatuses = [OrchestrationRuntimeStatus.Completed, .. OrchestrationRuntimeStatuses.Broken],
            FairnessKey = user.ToString(),
        },
        cancellationToken);

    private async Task TryStartAsync(UserKey user, CancellationToken cancellationToken)
    {
        try
        {
            await StartAsync(user, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            logger.MergeNotStarted(e, user);
        }
    }
}
