using System.Collections.Concurrent;
using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Running;

/// <summary>Runs activities, with a limit for each name: a slow activity delays no activity of another name.</summary>
internal sealed class ActivityDispatcher(OrchestrationRegistry registry, EngineOptions options)
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new(StringComparer.Ordinal);

    /// <summary>Whether this host has an activity.</summary>
    public bool Knows(string name) => registry.Activities.ContainsKey(name);

    /// <summary>Runs an activity once. Never throws.</summary>
    /// <returns>
    /// The entry for the history, without its time; <see langword="null"/> where the activity was cancelled by
    /// <paramref name="cancellationToken"/>: that is no answer, and the next owner calls the activity again.
    /// </returns>
    public async Task<HistoryEntry?> RunAsync(string instanceId, HistoryEntry scheduled, CancellationToken cancellationToken)
    {
        string name = scheduled.Name!;
        SemaphoreSlim? entered = null;
        try
        {
            SemaphoreSlim gate = _gates.GetOrAdd(
                name, n => new SemaphoreSlim(options.MaxConcurrentActivitiesByName.GetValueOrDefault(n, options.MaxConcurrentActivities)));
            await gate.WaitAsync(cancellationToken);
            entered = gate;
            ITaskActivity activity = registry.Activities[name]();
            object? input = Payloads.Read(scheduled.Payload, activity.InputType);
            object? output = await activity.RunAsync(new TaskActivityContext(name, instanceId, cancellationToken), input);
            return new HistoryEntry
            {
                Type = HistoryEventType.TaskCompleted,
                Time = default,
                Task = scheduled.Task,
                Name = name,
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
                Failure = Failures.From(e),
            };
        }
        finally
        {
            entered?.Release();
        }
    }
}
