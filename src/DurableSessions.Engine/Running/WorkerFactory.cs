using Azure;
using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Telemetry;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>Makes the worker of an instance, and the parts that belong to this one instance.</summary>
internal sealed class WorkerFactory(
    InstanceStore store,
    OrchestrationRegistry registry,
    ActivityDispatcher dispatcher,
    SubOrchestrations subOrchestrations,
    InstanceWatches watches,
    DueQueue due,
    ParkedInstances parked,
    Places places,
    Handover handover,
    Liveness liveness,
    EngineLifetime lifetime,
    EngineOptions options,
    EngineMeter meter,
    TimeProvider time,
    ILogger log)
{
    /// <summary>The worker of an instance that this host has claimed; it does not run yet.</summary>
    /// <param name="claimed">The claim as it was written.</param>
    /// <param name="finished">
    /// The ETag of the finished blob of an earlier generation; <see langword="null"/>: there is no such blob, or it was not read.
    /// </param>
    /// <param name="slot">For one of its activities; the worker gives it back. <see langword="null"/>: there is none.</param>
    public InstanceWorker New(StoredInstance claimed, ETag? finished, ReservedSlot? slot)
    {
        string id = claimed.Document.Id;
        var mailbox = new WorkerMailbox();
        var snapshot = new InstanceSnapshot(watches, claimed.Document.ToMetadata());
        var instance = new OwnedInstance(store, claimed, finished);
        var runner = new TurnRunner(instance, registry, time, message => Report(message, mailbox, id));
        var activities = new InstanceActivities(dispatcher, mailbox, runner, log, claimed.Document, slot);
        var children = new InstanceChildren(subOrchestrations, mailbox, runner, claimed.Document);
        var inbox = new InstanceInbox(mailbox, runner, activities, children, id);
        var release = new ReleasePolicy(runner, activities, children, places, options, time, log, id);
        var checkpoints = new CheckpointWriter(
            instance, runner, inbox, children, release, snapshot, liveness, options, meter, time, log, lifetime.Gone);
        var end = new EndWriter(instance, runner, inbox, checkpoints, snapshot, subOrchestrations, meter, time, log, lifetime.Gone);
        return new InstanceWorker(
            instance, runner, inbox, activities, children, release, checkpoints, end, snapshot, mailbox, due, parked, handover, lifetime,
            time, log);
    }

    private void Report(string violation, WorkerMailbox mailbox, string id)
    {
        if (!mailbox.TryPut(new WorkerMessage.Violation(violation)))
        {
            log.ViolationCameLate(id, violation);
        }
    }
}
