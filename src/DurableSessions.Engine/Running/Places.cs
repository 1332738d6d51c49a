namespace DurableSessions.Engine.Running;

/// <summary>The places for instances that this host runs, at most <see cref="EngineOptions.MaxLoadedInstances"/>.</summary>
internal sealed class Places(int max)
{
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private int _taken;
    private bool _open;

    /// <summary>How many more instances this host can load.</summary>
    public int Free
    {
        get
        {
            lock (_lock)
            {
                return _open ? max - _taken : 0;
            }
        }
    }

    /// <summary>Whether more than half are taken: an instance that can wait without one is to leave its own.</summary>
    public bool AreScarce
    {
        get
        {
            lock (_lock)
            {
                return _taken > max / 2;
            }
        }
    }

    /// <summary>From now on places are given.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _open = true;
        }
    }

    /// <summary>From now on none is given.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _open = false;
            CompleteIfIdle();
        }
    }

    /// <summary>Takes a place, which <see cref="Release"/> gives back. False: there is none, or they are closed.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            if (!_open || _taken >= max)
            {
                return false;
            }

            _taken++;
            return true;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _taken--;
            CompleteIfIdle();
        }
    }

    /// <summary>Completes once they are closed and none is taken.</summary>
    public Task WhenIdleAsync() => _idle.Task;

    // Called with the lock held.
    private void CompleteIfIdle()
    {
        if (!_open && _taken == 0)
        {
            _idle.TrySetResult();
        }
    }
}
