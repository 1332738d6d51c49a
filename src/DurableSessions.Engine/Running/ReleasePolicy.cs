using DurableSessions.Engine.Replay;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>Decides when the owner of one instance gives it back, and when the instance is due again.</summary>
internal sealed class ReleasePolicy(
    TurnRunner runner, InstanceActivities activities, EngineOptions options, TimeProvider time, ILogger log, string instanceId)
{
    /// <summary>Whether the instance only waits: it has no activity to run here, and no timer within the time of a renewal.</summary>
    public bool OnlyWaits =>
        !activities.HasWork && !(runner.Run.NextTimer?.FireAt <= time.GetUtcNow() + options.RenewalInterval);

    /// <summary>When an instance that is given back now is due; <see langword="null"/>: once a message arrives.</summary>
    public DateTimeOffset? NextDue(DateTimeOffset now)
    {
        if (activities.HasWork)
        {
            return now;
        }

        // An activity that only other hosts have: this host looks again as seldom as it lists the active instances.
        OrchestrationRun run = runner.Run;
        DateTimeOffset? fire = run.NextTimer?.FireAt;
        if (run.IsSuspended || run.Unanswered.Count == 0)
        {
            return fire;
        }

        log.ActivitiesUnknown(instanceId, string.Join(", ", run.Unanswered.Values.Select(t => t.Name).Distinct()));
        DateTimeOffset later = now + options.SweepInterval;
        return fire < later ? fire : later;
    }
}
