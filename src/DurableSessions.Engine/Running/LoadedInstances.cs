using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Azure;
using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>The instances that this host runs now, at most <see cref="EngineOptions.MaxLoadedInstances"/>.</summary>
internal sealed class LoadedInstances(EngineParts engine)
{
    private readonly ConcurrentDictionary<string, InstanceWorker> _workers = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private int _reserved;
    private bool _open;

    /// <summary>How many more can be loaded.</summary>
    public int Free
    {
        get
        {
            lock (_lock)
            {
                return _open ? engine.Options.MaxLoadedInstances - _reserved : 0;
            }
        }
    }

    /// <summary>From now on instances are run here.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _open = true;
        }
    }

    /// <summary>From now on none is loaded.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _open = false;
            TellIfIdle();
        }
    }

    /// <summary>Takes a place for an instance that is about to be claimed; given back by <see cref="Release"/>, or when its worker ends.</summary>
    public bool TryReserve(InstanceDocument instance)
    {
        if (instance.Terminator is null && !engine.Registry.Orchestrators.ContainsKey(instance.Name))
        {
            return false;
        }

        lock (_lock)
        {
            if (!_open || _reserved >= engine.Options.MaxLoadedInstances)
            {
                return false;
            }

            _reserved++;
            return true;
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            _reserved--;
            TellIfIdle();
        }

        engine.Due.Wake();
    }

    public bool TryFind(string id, [NotNullWhen(true)] out InstanceWorker? worker) => _workers.TryGetValue(id, out worker);

    /// <summary>Runs an instance that this host has just claimed, in a place reserved before.</summary>
    public void Run(StoredInstance claimed, ETag? finished)
    {
        var worker = new InstanceWorker(engine, claimed, finished);
        string id = claimed.Document.Id;
        _workers[id] = worker;

        // Whatever was noted before, a timer it waited for or the end of another's ownership: the worker notes it anew where
        // the instance leaves this host without having ended.
        engine.Due.Remove(id);
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
    /// Completes once this host is closed and nothing runs here any more, nor is about to: what is being claimed has its
    /// place already.
    /// </summary>
    public Task WhenIdleAsync() => _idle.Task;

    // Called with the lock held.
    private void TellIfIdle()
    {
        if (!_open && _reserved == 0)
        {
            _idle.TrySetResult();
        }
    }
}
