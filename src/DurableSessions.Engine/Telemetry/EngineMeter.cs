using System.Diagnostics.Metrics;
using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Telemetry;

/// <summary>The metrics of one engine. None has an instance, a user or a key as an attribute.</summary>
internal sealed class EngineMeter : IDisposable
{
    private const string Name = "durabletask.task.name";

    private readonly Meter _meter;
    private readonly Histogram<double> _orchestrations;
    private readonly Histogram<double> _activities;
    private readonly Histogram<double> _waits;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _claimed;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _quarantined;
    private volatile ActiveInstances _active = ActiveInstances.None;

    /// <param name="meters">Makes the meter; <see langword="null"/>: it is one of its own.</param>
    public EngineMeter(IMeterFactory? meters)
    {
        _meter = meters?.Create(EngineTelemetry.MeterName) ?? new Meter(EngineTelemetry.MeterName);
        _orchestrations = _meter.CreateHistogram<double>(
            "durable_sessions.orchestration.duration", "s", "From the time an instance was scheduled to its end.");
        _activities = _meter.CreateHistogram<double>("durable_sessions.activity.duration", "s", "One attempt of an activity, in its slot.");
        _waits = _meter.CreateHistogram<double>(
            "durable_sessions.activity.wait", "s", "From the time an attempt was scheduled until it had its slot.");
        _retries = _meter.CreateCounter<long>("durable_sessions.activity.retries", "{attempt}", "Attempts after the first.");
        _claimed = _meter.CreateCounter<long>(
            "durable_sessions.instances.claimed", "{instance}", "Instances that this host has claimed from storage.");
        _lost = _meter.CreateCounter<long>("durable_sessions.instances.lost", "{instance}", "Instances that another host has taken over.");
        _quarantined = _meter.CreateCounter<long>(
            "durable_sessions.instances.quarantined", "{instance}", "Instances that were ended because they could not be read.");
    }

    /// <summary>An instance has ended here.</summary>
    public void Ended(InstanceDocument final) => _orchestrations.Record(
        (final.Updated - final.Created).TotalSeconds, new(Name, final.Name), new("durabletask.task.status", final.Status.ToString()));

    /// <summary>An activity has its slot, and begins.</summary>
    public void Began(HistoryEntry scheduled, DateTimeOffset now)
    {
        _waits.Record(Math.Max(0, (now - scheduled.Time).TotalSeconds), new KeyValuePair<string, object?>(Name, scheduled.Name));
        if (scheduled.Attempt > 1)
        {
            _retries.Add(1, new KeyValuePair<string, object?>(Name, scheduled.Name));
        }
    }

    /// <summary>An activity has ended, or has failed.</summary>
    public void Answered(HistoryEntry answer, TimeSpan took)
    {
        if (answer.Failure is { } failure)
        {
            _activities.Record(took.TotalSeconds, new(Name, answer.Name), new("error.type", failure.ErrorType));
        }
        else
        {
            _activities.Record(took.TotalSeconds, new KeyValuePair<string, object?>(Name, answer.Name));
        }
    }

    /// <summary>An instance was claimed from storage.</summary>
    public void Claimed(string name) => _claimed.Add(1, new KeyValuePair<string, object?>(Name, name));

    /// <summary>Another host has an instance that ran here.</summary>
    public void Lost(string name) => _lost.Add(1, new KeyValuePair<string, object?>(Name, name));

    /// <summary>An instance that cannot be read was ended.</summary>
    public void Quarantined(string name) => _quarantined.Add(1, new KeyValuePair<string, object?>(Name, name));

    /// <summary>What the last whole listing of the active instances has shown.</summary>
    public void Listed(ActiveInstances active) => _active = active;

    /// <summary>Shows what is loaded, and what waits.</summary>
    /// <param name="loaded">How many instances run here.</param>
    /// <param name="queues">By activity: how many have a slot, and how many wait for one.</param>
    /// <param name="time">The clock.</param>
    public void Observe(Func<int> loaded, Func<IEnumerable<(string Activity, int Running, int Waiting)>> queues, TimeProvider time)
    {
        _meter.CreateObservableGauge("durable_sessions.instances.loaded", loaded, "{instance}", "Instances that run on this host.");
        _meter.CreateObservableGauge(
            "durable_sessions.activity.running",
            () => queues().Select(static q => Measure(q.Running, q.Activity)),
            "{activity}",
            "Activities that have a slot of this host.");
        _meter.CreateObservableGauge(
            "durable_sessions.activity.queue",
            () => queues().Select(static q => Measure(q.Waiting, q.Activity)),
            "{activity}",
            "Activities that wait for a slot of this host.");
        _meter.CreateObservableGauge(
            "durable_sessions.instances.active",
            () => _active.ByName.Select(static a => Measure(a.Value.Count, a.Key)),
            "{instance}",
            "Instances of all hosts that have not ended, as the last whole listing has shown them.");
        _meter.CreateObservableGauge(
            "durable_sessions.instances.oldest",
            () => _active.ByName.Select(a => Measure(Math.Max(0, (time.GetUtcNow() - a.Value.Oldest).TotalSeconds), a.Key)),
            "s",
            "The age of the oldest of them.");
    }

    public void Dispose() => _meter.Dispose();

    private static Measurement<T> Measure<T>(T value, string name)
        where T : struct => new(value, new KeyValuePair<string, object?>(Name, name));
}
