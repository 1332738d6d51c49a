namespace DurableSessions.Testing;

/// <summary>
/// Reduces the thread pool of the process to one thread: what runs next is known, and so is when nothing is left to run. The pool stays
/// reduced for the next holder, until <see cref="Restore"/>. Other tests must not run in the process meanwhile.
/// </summary>
internal sealed class SingleThreadPool : IDisposable
{
    private const int Probes = 8;
    private const int QuietRounds = 3;
    private const int RoundsUntilSetAnew = 50;
    private const int MaxRounds = 2_000;
    private const int MaxAttempts = 30;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private static int s_taken;
    private static bool s_isReduced;
    private static (int Workers, int Ports) s_min;
    private static (int Workers, int Ports) s_max;

    private SingleThreadPool()
    {
    }

    /// <summary>To be awaited on the pool.</summary>
    /// <exception cref="InvalidOperationException">
    /// Another simulation runs, the runtime refuses a pool of one thread, or other threads do not leave the pool.
    /// </exception>
    public static async Task<SingleThreadPool> EnterAsync()
    {
        if (Interlocked.Exchange(ref s_taken, 1) != 0)
        {
            throw new InvalidOperationException("Another simulation runs in this process: simulations must run one at a time.");
        }

        var thread = new SingleThreadPool();
        try
        {
            for (int attempt = 1; !s_isReduced; attempt++)
            {
                await ReduceAsync(attempt);
            }

            return thread;
        }
        catch
        {
            thread.Dispose();
            throw;
        }
    }

    /// <summary>The pool is as it was before the first holder; does nothing while there is one.</summary>
    public static void Restore()
    {
        if (s_isReduced && Volatile.Read(ref s_taken) == 0)
        {
            s_isReduced = false;
            SetAsBefore();
        }
    }

    /// <summary>The next holder may enter.</summary>
    public void Dispose() => Volatile.Write(ref s_taken, 0);

    private static async Task ReduceAsync(int attempt)
    {
        ThreadPool.GetMinThreads(out s_min.Workers, out s_min.Ports);
        ThreadPool.GetMaxThreads(out s_max.Workers, out s_max.Ports);

        // A thread that was there before leaves the pool with the end of what it runs. The pool may be about to add one, or to have decided
        // so: then the limit is set anew. On a busy machine the other thread takes long to leave: later at each
        // attempt.
        for (int quiet = 0, rounds = 0; rounds < MaxRounds; rounds++)
        {
            if (rounds % (RoundsUntilSetAnew * attempt) == 0)
            {
                Reduce();
            }

            quiet = await IsAloneAsync() ? quiet + 1 : 0;
            if (quiet == QuietRounds)
            {
                s_isReduced = true;
                return;
            }
        }

        SetAsBefore();
        if (attempt == MaxAttempts)
        {
            throw new InvalidOperationException(
                $"{ThreadPool.ThreadCount} threads of the pool are at work, on {ThreadPool.PendingWorkItemCount} work items: do other "
                + "tests run in this process?");
        }

        // The pool has decided what it does by itself, on a clock of its own.
        await Task.Delay(s_pause);
    }

    private static void Reduce()
    {
        ThreadPool.SetMaxThreads(Math.Max(2, Environment.ProcessorCount), s_max.Ports);
        if (!ThreadPool.SetMinThreads(1, s_min.Ports) || !ThreadPool.SetMaxThreads(1, s_max.Ports))
        {
            SetAsBefore();
            throw new InvalidOperationException("The runtime takes no pool of one thread.");
        }
    }

    private static void SetAsBefore()
    {
        ThreadPool.SetMaxThreads(s_max.Workers, s_max.Ports);
        ThreadPool.SetMinThreads(s_min.Workers, s_min.Ports);
    }

    // Whether a few work items that could run beside each other all run on the same thread.
    private static async Task<bool> IsAloneAsync()
    {
        int[] threads = await Task.WhenAll(Enumerable.Range(0, Probes).Select(static _ => Task.Run(static () =>
        {
            Thread.SpinWait(500);
            return Environment.CurrentManagedThreadId;
        })));
        return threads.Distinct().Count() == 1 && ThreadPool.PendingWorkItemCount == 0;
    }
}
