using System.Collections.Concurrent;
using System.Diagnostics;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Telemetry;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Runs activities, with a limit for each name: a slow activity delays no activity of another name. What waits for one name has its turn by
/// fairness key.
/// </summary>
/// <param name="registry">The activities of this host.</param>
/// <param name="host">The name of this host, which may change; it stands in histories.</param>
/// <param name="options">How many run at a time.</param>
/// <param name="meter">Counts them.</param>
/// <param name="time">The clock of this host.</param>
internal sealed class ActivityDispatcher(
    OrchestrationRegistry registry, Func<string> host, EngineOptions options, EngineMeter meter, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, FairGate> _gates = new(StringComparer.Ordinal);

    /// <summary>Whether this host has an activity.</summary>
    public bool Knows(string name) => registry.Activities.ContainsKey(name);

    /// <summary>By activity that has run here: how many have a slot, and how many wait for one.</summary>
    public IEnumerable<(string Activity, int Running, int Waiting)> Queues =>
        _gates.Select(static g => (g.Key, g.Value.Running, g.Value.Waiting));

    /// <summary>The gate of an activity that this host has.</summary>
    public FairGate Gate(string name) => _gates.GetOrAdd(
        name, n => new FairGate(options.MaxConcurrentActivitiesByName.GetValueOrDefault(n, options.MaxConcurrentActivities)));

    /// <summary>Runs an activity once, in a slot of its gate, which it gives back. Never throws.</summary>
    /// <returns>
    /// The entry for the history, without its time; <see langword="null"/> where the activity was cancelled by
    /// <paramref name="cancellationToken"/>: that is no answer, and the next owner calls the activity again.
    /// </returns>
    public async Task<HistoryEntry?> RunAsync(
        InstanceDocument instance, HistoryEntry scheduled, Slot slot, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        using Activity? span = InstanceTrace.BeginActivity(instance, scheduled);
        meter.Began(scheduled, time.GetUtcNow());
        HistoryEntry? answer = await AnswerAsync(instance.Id, scheduled, slot, cancellationToken);
        if (answer is null)
        {
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", "cancelled");
            return null;
        }

        if (answer.Failure is { } failure)
        {
            InstanceTrace.Fail(span, failure);
        }

        meter.Answered(answer, time.GetElapsedTime(began));
        return answer;
    }

    private async Task<HistoryEntry?> AnswerAsync(
        string instanceId, HistoryEntry scheduled, Slot slot, CancellationToken cancellationToken)
    {
        string name = scheduled.Name!;
        DateTimeOffset started = time.GetUtcNow();
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            ITaskActivity activity = registry.Activities[name]();
            object? input = Payloads.Read(scheduled.Payload, activity.InputType);
            object? output = await activity.RunAsync(new TaskActivityContext(name, instanceId, cancellationToken), input);
            return new HistoryEntry
            {
                Type = HistoryEventType.TaskCompleted,
                Time = default,
                Task = scheduled.Task,
                Name = name,
                Started = started,
                Host = host(),
                Payload = Payloads.Write(output, $"output of activity '{name}'", EngineLimits.PayloadBytes),
            };
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            return new HistoryEntry
            {
                Type = HistoryEventType.TaskFailed,
                Time = default,
                Task = scheduled.Task,
                Name = name,
                Started = started,
                Host = host(),
                Failure = Failures.From(e),
            };
        }
        finally
        {
            slot.GiveBack();
        }
    }
}
