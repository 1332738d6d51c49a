using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Azure;
using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Running;

/// <summary>The instances that this host runs now, at most <see cref="EngineOptions.MaxLoadedInstances"/>.</summary>
internal sealed class LoadedInstances(
    WorkerFactory workers, OrchestrationRegistry registry, DueQueue due, int maxLoadedInstances)
{
    private readonly ConcurrentDictionary<string, InstanceWorker> _workers = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private int _reserved;
    private bool _open;

    /// <summary>How many more instances this host can load.</summary>
    public int Free
    {
        get
        {
            lock (_lock)
            {
                return _open ? maxLoadedInstances - _reserved : 0;
            }
        }
    }

    /// <summary>From now on this host runs instances.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _open = true;
        }
    }

    /// <summary>From now on this host loads no further instance.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _open = false;
            CompleteIfIdle();
        }
    }

    /// <summary>
    /// Takes a place for an instance before its claim. <see cref="Release"/> gives it back, or the end of its worker does.
    /// </summary>
    /// <returns><see langword="false"/>: this host has not its orchestrator, has no room, or is closed.</returns>
    public bool TryReserve(InstanceDocument instance)
    {
        if (instance.Terminator is null && !registry.Orchestrators.ContainsKey(instance.Name))
        {
            return false;
        }

        lock (_lock)
        {
            if (!_open || _reserved >= maxLoadedInstances)
            {
                return false;
            }

            _reserved++;
            return true;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _reserved--;
            CompleteIfIdle();
        }

        due.Wake();
    }

    /// <summary>Finds the worker of an instance that runs here.</summary>
    public bool TryFind(string id, [NotNullWhen(true)] out InstanceWorker? worker) => _workers.TryGetValue(id, out worker);

    /// <summary>Runs an instance that this host has just claimed, in a place reserved before.</summary>
    public void Run(StoredInstance claimed, ETag? finished)
    {
        InstanceWorker worker = workers.New(claimed, finished);
        string id = claimed.Document.Id;
        _workers[id] = worker;

        // The reminder from before (a timer, or the end of another host's ownership) is out of date. The worker adds a new one
        // where the instance leaves this host without having ended.
        due.Remove(id);
        _ = Task.Run(async () =>
        {
            try
            {
                await worker.RunAsync();
            }
            finally
            {
                _workers.TryRemove(KeyValuePair.Create(id, worker));
                worker.Close();
                Release();
            }
        });
    }

    /// <summary>
    /// Completes once this host is closed and runs no instance, nor is about to: an instance that is being claimed has its place
    /// already.
    /// </summary>
    public Task WhenIdleAsync() => _idle.Task;

    // Called with the lock held.
    private void CompleteIfIdle()
    {
        if (!_open && _reserved == 0)
        {
            _idle.TrySetResult();
        }
    }
}
