namespace DurableSessions.Testing;

/// <summary>
/// Has the process run one task at a time: with one thread in the pool, what runs next is known, and so is when nothing is left to
/// run. The pool is as before after disposal. One at a time in a process, whose other tests must not run meanwhile.
/// </summary>
internal sealed class OneThread : IDisposable
{
    private static int s_taken;

    private readonly (int Workers, int Ports) _min;
    private readonly (int Workers, int Ports) _max;

    private OneThread((int, int) min, (int, int) max)
    {
        _min = min;
        _max = max;
    }

    /// <summary>To be awaited on the pool.</summary>
    /// <exception cref="InvalidOperationException">Another simulation runs, or the runtime refuses.</exception>
    public static async Task<OneThread> EnterAsync()
    {
        if (Interlocked.Exchange(ref s_taken, 1) != 0)
        {
            throw new InvalidOperationException("Another simulation runs in this process: its tests must run one at a time.");
        }

        ThreadPool.GetMinThreads(out int minWorkers, out int minPorts);
        ThreadPool.GetMaxThreads(out int maxWorkers, out int maxPorts);
        var thread = new OneThread((minWorkers, minPorts), (maxWorkers, maxPorts));
        if (!ThreadPool.SetMinThreads(1, minPorts) || !ThreadPool.SetMaxThreads(1, maxPorts))
        {
            thread.Dispose();
            throw new InvalidOperationException("The runtime takes no pool of one thread.");
        }

        // Threads that were there before end with what they run.
        while (Busy() > 1)
        {
            await Task.Yield();
        }

        return thread;
    }

    /// <summary>Completes when nothing is left to run but its caller. To be awaited on the pool.</summary>
    public static async Task QuietAsync()
    {
        do
        {
            await Task.Yield();
        }
        while (ThreadPool.PendingWorkItemCount > 0);
    }

    public void Dispose()
    {
        ThreadPool.SetMaxThreads(_max.Workers, _max.Ports);
        ThreadPool.SetMinThreads(_min.Workers, _min.Ports);
        Volatile.Write(ref s_taken, 0);
    }

    private static int Busy()
    {
        ThreadPool.GetMaxThreads(out int max, out _);
        ThreadPool.GetAvailableThreads(out int available, out _);
        return max - available;
    }
}
