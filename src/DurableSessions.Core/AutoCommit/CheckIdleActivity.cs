using DurableSessions.Core.Sessions;
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
    ManifestStore manifests, SegmentStore segments, AutoCommits commits, Func<OrchestrationClient> client, TimeProvider time,
    ILogger<CheckIdleActivity> logger) : TaskActivity<IdleCheckInput, IdleCheck>
{
    private static readonly IdleCheck Over = new((DateTimeOffset?)null);

    public override async Task<IdleCheck> RunAsync(TaskActivityContext context, IdleCheckInput input)
    {
        IdleInput watch = input.Watch;
        StoredManifest? stored = await manifests.LoadAsync(watch.Session, context.CancellationToken);
        if (stored is not { Manifest: { DeletedAt: null, Settings.AutoCommitPolicy: { IdleTimeoutSeconds: > 0 } policy } manifest }
            || manifest.Incarnation != watch.Incarnation)
        {
            return Over;
        }

        if (await LastAppendAsync(watch, manifest, context.CancellationToken) is not { } lastAppend)
        {
            return Over;
        }

        DateTimeOffset dueAt = lastAppend + TimeSpan.FromSeconds(policy.IdleTimeoutSeconds);
        if (dueAt > time.GetUtcNow())
        {
            if (!input.HandOver)
            {
                return new IdleCheck(dueAt);
            }

            IdleInput next = watch with { Part = watch.Part + 1 };
            await client().ScheduleNewOrchestrationInstanceAsync(
                IdleNames.Orchestrator, next, new StartOrchestrationOptions(next.InstanceId), context.CancellationToken);
            return Over;
        }

        logger.LogInformation("Session {Session} has been idle since {LastAppend}: it is committed", watch.Session, lastAppend);
        await commits.StartAsync(watch.Session, manifest, keepRecent: 0, context.CancellationToken);
        return Over;
    }

    // Null: nothing is live, or a message was appended in a later state of the session, which has a watch of its own.
    private async Task<DateTimeOffset?> LastAppendAsync(IdleInput watch, Manifest manifest, CancellationToken cancellationToken)
    {
        DateTimeOffset? last = null;
        for (int i = 0; i < manifest.Live.Count; i++)
        {
            if (await segments.FindWrittenAsync(manifest.Live[i].Name, cancellationToken) is not { } written)
            {
                continue;
            }

            if (i == manifest.Live.Count - 1 && manifest.CutCount != watch.CutCount)
            {
                return null;
            }

            last = written;
        }

        return last;
    }
}
