using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Azure;
using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Running;

/// <summary>The instances that this host runs now, each in one of its <see cref="Places"/>.</summary>
internal sealed class LoadedInstances(
    WorkerFactory workers, OrchestrationRegistry registry, DueQueue due, ParkedInstances parked, Places places)
{
    private readonly ConcurrentDictionary<string, InstanceWorker> _workers = new(StringComparer.Ordinal);
    private readonly Signal _began = new();

    /// <summary>How many more instances this host can load.</summary>
    public int Free => places.Free;

    /// <summary>How many instances this host runs.</summary>
    public int Count => _workers.Count;

    /// <summary>Whether this host runs an instance.</summary>
    public bool AreAny => !_workers.IsEmpty;

    /// <summary>Completes when this host begins to run one more instance.</summary>
    public Task Began => _began.Next;

    /// <summary>From now on this host runs instances.</summary>
    public void Open() => places.Open();

    /// <summary>From now on this host loads no further instance.</summary>
    public void Close() => places.Close();

    /// <summary>
    /// Takes a place for an instance before its claim. <see cref="Release"/> gives it back, or the end of its worker does.
    /// </summary>
    /// <returns><see langword="false"/>: this host has not its orchestrator, has no room, or is closed.</returns>
    public bool TryReserve(InstanceDocument instance) =>
        (instance.EndsWithoutOrchestrator || registry.Orchestrators.ContainsKey(instance.Name)) && places.TryTake();

    /// <summary>Gives a place back.</summary>
    public void Release()
    {
        places.Release();
        due.Wake();
    }

    /// <summary>Finds the worker of an instance that runs here.</summary>
    public bool TryFind(string id, [NotNullWhen(true)] out InstanceWorker? worker) => _workers.TryGetValue(id, out worker);

    /// <summary>Runs an instance that this host has just claimed, in a place reserved before.</summary>
    /// <param name="claimed">The claim as it was written.</param>
    /// <param name="finished">The ETag of the finished blob of an earlier generation, where it is known.</param>
    /// <param name="slot">For one of its activities; its worker gives it back.</param>
    public void Run(StoredInstance claimed, ETag? finished, ReservedSlot? slot = null)
    {
        InstanceWorker worker = workers.New(claimed, finished, slot);
        string id = claimed.Document.Id;
        _workers[id] = worker;
        _began.Send();

        // The reminders from before (a timer, the end of another host's ownership, a slot) are out of date. The worker adds a new one
        // where the instance leaves this host without having ended.
        due.Remove(id);
        parked.Remove(id);
        _ = Task.Run(() =>
        {
            // Nothing of the instance belongs to the request that this host was in when it began to run it.
            Activity.Current = null;
            return RunAsync(id, worker);
        });
    }

    // Each run of an instance that begins again has a worker of its own, in the same place: no late answer of an activity meets a run
    // that has not called it.
    private async Task RunAsync(string id, InstanceWorker worker)
    {
        try
        {
            await worker.RunAsync();
            while (worker.Next is { } continued)
            {
                InstanceWorker before = worker;
                worker = workers.New(continued.Claimed, continued.Finished, null);
                _workers[id] = worker;
                before.HandOver(worker);
                await worker.RunAsync();
            }
        }
        finally
        {
            _workers.TryRemove(KeyValuePair.Create(id, worker));
            worker.Close();
            Release();
        }
    }

    /// <summary>
    /// Completes once this host is closed and runs no instance, nor is about to: an instance that is being claimed has its place
    /// already.
    /// </summary>
    public Task WhenIdleAsync() => places.WhenIdleAsync();
}
