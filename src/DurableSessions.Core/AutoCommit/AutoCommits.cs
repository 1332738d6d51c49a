using DurableSessions.Core.Appending;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.State;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.AutoCommit;

/// <summary>
/// Starts commits that no client asked for. However many hosts notice, one commit starts: its id derives from how many commits were
/// decided in the session. Sessions without a policy cost nothing.
/// </summary>
internal sealed class AutoCommits(
    ManifestStore manifests, TaskIndex index, OrchestrationClient client, HostCache memory, CommitRoom room,
    SessionOptions options, TimeProvider time, ILogger<AutoCommits> logger)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    // Until then the manifest has a commit that was started, and counts it.
    private static readonly TimeSpan TimeToCount = TimeSpan.FromSeconds(10);

    /// <summary>
    /// To be called once messages are stored, before their client has the answer: from the first of them on, the session is watched. Never
    /// throws: the messages are stored, and the next append tries again.
    /// </summary>
    public async Task AfterAppendAsync(SessionKey key, AppendResult result)
    {
        try
        {
            if (await manifests.GetKnownAsync(key, CancellationToken.None) is { Manifest.Settings.AutoCommitPolicy: { } policy } stored)
            {
                await WatchAsync(key, stored.Manifest, policy);
                StartOverThreshold(key, stored.Manifest, policy, result);
            }
        }
        catch (Exception e)
        {
            logger.AutoCommitPolicyUnreadable(e, key);
        }
    }

    /// <summary>
    /// Starts the commit of this state of the session, unless it has been started. One that its account has no room for is an exception,
    /// and is tried again later.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="manifest">Its state.</param>
    /// <param name="keepRecent">How many messages stay live; <see langword="null"/>: it is idle, and none do.</param>
    /// <param name="cancellationToken">Ends the start, of which a part may then be done.</param>
    public async Task StartAsync(SessionKey key, Manifest manifest, int? keepRecent, CancellationToken cancellationToken)
    {
        CommitId commitId = CommitId.Automatic(manifest.Incarnation, manifest.DecidedCount);
        using Reservation? reserved = await room.ReserveAsync(key, commitId, manifest, cancellationToken);
        CommitInput input = await index.AddAsync(
            new CommitInput
            {
                Session = key,
                Incarnation = manifest.Incarnation,
                CommitId = commitId,
                KeepRecentCount = keepRecent ?? 0,
                IsIdle = keepRecent is null,
                Webhook = options.Webhooks.Url is null ? null : CommitInput.HostsWebhook,
                Semantic = options.Semantic,
                AcceptedAt = time.GetUtcNow(),
            },
            cancellationToken);
        // One that ended without a decision is the same commit, in the same state of the session: it is carried on.
        await client.ScheduleNewOrchestrationInstanceAsync(
            CommitNames.Orchestrator,
            input,
            input.Start with { ReusableStatuses = OrchestrationRuntimeStatuses.Broken },
            cancellationToken);
        reserved?.KeepFor(TimeToCount, time);
    }

    private async Task WatchAsync(SessionKey key, Manifest manifest, AutoCommitPolicy policy)
    {
        var watch = new IdleInput(key, manifest.Incarnation, manifest.DecidedCount);
        var remembered = (watch, manifest.NextSegment);
        if (policy.IdleTimeoutSeconds == 0 || memory.TryGetValue(remembered, out _))
        {
            return;
        }

        // One that has ended (the policy was off for a while) is begun again.
        await client.ScheduleNewOrchestrationInstanceAsync(
            IdleNames.Orchestrator,
            watch,
            new StartOrchestrationOptions(watch.InstanceId)
            {
                ReusableStatuses = [OrchestrationRuntimeStatus.Completed, .. OrchestrationRuntimeStatuses.Broken],
                FairnessKey = key.Owner.ToString(),
            });
        Remember(remembered);
    }

    // Appends never wait for a commit, nor for its start. One that is not started for a crash here is started by the next append.
    private void StartOverThreshold(SessionKey key, Manifest manifest, AutoCommitPolicy policy, AppendResult result)
    {
        var start = ("auto", manifest.Incarnation, manifest.DecidedCount);
        if (memory.TryGetValue(start, out _)
            || manifest.Pending.Count >= options.MaxPendingCommits
            || !policy.IsExceeded(result.MessageCount, result.PendingTokens, manifest.LastAutoCommitAt, time.GetUtcNow()))
        {
            return;
        }

        Remember(start);
        _ = Task.Run(async () =>
        {
            try
            {
                await StartAsync(key, manifest, policy.KeepRecentCount, CancellationToken.None);
                logger.ThresholdExceeded(key, result.MessageCount, result.PendingTokens);
            }
            catch (QuotaExceededException e)
            {
                // Not looked at again before the account is measured.
                memory.Set(start, true, HostCache.Small(e.RetryAfter));
                logger.ThresholdCommitNotStarted(e, key);
            }
            catch (Exception e)
            {
                memory.Remove(start);
                logger.ThresholdCommitNotStarted(e, key);
            }
        });
    }

    private void Remember(object what) =>
        memory.Set(what, true, HostCache.Small(Remembered));
}
