using DurableSessions.Core.Errors;
using DurableSessions.Core.Live;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.AutoCommit;

/// <summary>
/// Looks how long ago the last message was appended, and starts the commit of a session that has been idle for long enough.
/// </summary>
/// <remarks>
/// Changes nothing itself. The commit's id derives from the session's state, so that it starts once however often and on
/// however many hosts this runs.
/// </remarks>
internal sealed class CheckIdleActivity(
    ManifestStore manifests, SegmentStore segments, AutoCommits commits, OrchestrationClient client, TimeProvider time,
    ILogger<CheckIdleActivity> logger) : TaskActivity<IdleCheckInput, IdleCheck>
{
    private const int MaxRounds = 20;

    private static readonly IdleCheck Over = new((DateTimeOffset?)null);

    public override async Task<IdleCheck> RunAsync(TaskActivityContext context, IdleCheckInput input)
    {
        IdleInput watch = input.Watch;
        for (int round = 1; round <= MaxRounds; round++)
        {
            StoredManifest? stored = await manifests.LoadAsync(watch.Session, context.CancellationToken);
            if (await CheckAsync(input, stored, context.CancellationToken) is { } check)
            {
                return check;
            }
        }

        throw new ContentionException(
            $"The manifest of session '{watch.Session.Id}' was changed by others {MaxRounds} times in a row.");
    }

    // Null: the segments of that manifest have gone, and messages may be live in others.
    private async Task<IdleCheck?> CheckAsync(IdleCheckInput input, StoredManifest? stored, CancellationToken cancellationToken)
    {
        IdleInput watch = input.Watch;
        if (stored is not { Manifest: { DeletedAt: null, Settings.AutoCommitPolicy: { IdleTimeoutSeconds: > 0 } policy } manifest }
            || manifest.Incarnation != watch.Incarnation)
        {
            return Over;
        }

        if (await LastAppendAsync(manifest, cancellationToken) is not { } lastAppend)
        {
            return await manifests.IsNewestAsync(watch.Session, stored, cancellationToken) ? Over : null;
        }

        if (manifest.DecidedCount != watch.DecidedCount)
        {
            // Messages that were appended during a cut, or that a commit kept live: the watch of the state they are in now has them.
            return await HandOverAsync(new IdleInput(watch.Session, watch.Incarnation, manifest.DecidedCount), cancellationToken);
        }

        DateTimeOffset dueAt = policy.IdleAt(lastAppend, manifest.LastAutoCommitAt);
        if (dueAt > time.GetUtcNow())
        {
            return input.HandOver
                ? await HandOverAsync(watch with { Part = watch.Part + 1 }, cancellationToken)
                : new IdleCheck(dueAt);
        }

        logger.SessionIdle(watch.Session, lastAppend);
        try
        {
            await commits.StartAsync(watch.Session, manifest, keepRecent: null, cancellationToken);
        }
        catch (QuotaExceededException e)
        {
            return new IdleCheck(time.GetUtcNow() + e.RetryAfter);
        }

        // What is appended while that commit cuts is still this state's: looked at once more.
        return new IdleCheck(time.GetUtcNow() + TimeSpan.FromSeconds(policy.IdleTimeoutSeconds));
    }

    private async Task<IdleCheck> HandOverAsync(IdleInput next, CancellationToken cancellationToken)
    {
        await client.ScheduleNewOrchestrationInstanceAsync(
            IdleNames.Orchestrator,
            next,
            new StartOrchestrationOptions(next.InstanceId) { FairnessKey = next.Session.Owner.ToString() },
            cancellationToken);
        return Over;
    }

    // Null: nothing is live.
    private async Task<DateTimeOffset?> LastAppendAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        DateTimeOffset? last = null;
        foreach (SegmentReference segment in manifest.Live)
        {
            last = await segments.FindWrittenAsync(segment.Name, cancellationToken) ?? last;
        }

        return last;
    }
}
