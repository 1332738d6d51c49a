using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Replay;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>Decides when the owner of one instance gives it back, and when the instance is due again.</summary>
internal sealed class ReleasePolicy(
    TurnRunner runner,
    InstanceActivities activities,
    InstanceChildren children,
    Places places,
    EngineOptions options,
    TimeProvider time,
    ILogger log,
    string instanceId)
{
    private bool FiresSoon => runner.Run.NextTimer?.FireAt <= time.GetUtcNow() + options.RenewalInterval;

    /// <summary>
    /// What the owner is to do now. An instance that only waits, with no activity to run here, no child to create and no timer within the
    /// time of a renewal, is given back. One that needs a slot, where there is none, is parked: with the write that would renew it, so that
    /// a shorter wait costs no request; at once where places are scarce.
    /// </summary>
    /// <param name="renewAt">When the ownership is to be renewed.</param>
    public Release Next(DateTimeOffset renewAt) =>
        FiresSoon || children.HasWork ? Release.Keep
        : !activities.HasWork ? Release.GiveBack
        : activities.OnlyWaitForSlots
            && (places.AreScarce || time.GetUtcNow() >= renewAt)
            && InstanceHeader.HasRoomFor(activities.Unanswered)
            ? Release.Park
        : Release.Keep;

    /// <summary>The checkpoint with which the owner gives the instance back; its activities are withdrawn or cancelled.</summary>
    /// <param name="checkpoint">The instance.</param>
    /// <param name="parks">Whether it is to wait for a slot.</param>
    /// <param name="now">When it is written.</param>
    public InstanceDocument GiveBack(InstanceDocument checkpoint, bool parks, DateTimeOffset now) => parks
        ? checkpoint.Parked(activities.Unanswered, runner.Run.NextTimer?.FireAt, now)
        : checkpoint.GivenBack(NextDue(now));

    // Null: once a message arrives.
    private DateTimeOffset? NextDue(DateTimeOffset now)
    {
        if (activities.HasWork || children.HasWork)
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
