namespace DurableSessions.Benchmarks.Scale;

/// <summary>What an access log says of one account.</summary>
internal sealed class Ledger(string connectionString)
{
    private readonly Lock _gate = new();
    private StorageCounts _counts;
    private int _finished;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string ConnectionString => connectionString;

    public StorageCounts Counts
    {
        get
        {
            lock (_gate)
            {
                return _counts;
            }
        }
    }

    /// <summary>
    /// The segments of live messages that were deleted: the last request that each commit makes to its session, one for each where all
    /// messages of the session came in one append. It is seen without a request of its own.
    /// </summary>
    public int Finished
    {
        get
        {
            lock (_gate)
            {
                return _finished;
            }
        }
    }

    public void Add(StorageCounts request, bool finishes)
    {
        TaskCompletionSource? changed = null;
        lock (_gate)
        {
            _counts += request;
            if (finishes)
            {
                _finished++;
                changed = _changed;
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        changed?.SetResult();
    }

    /// <summary>Waits until so many commits have finished.</summary>
    /// <exception cref="TimeoutException">They have not.</exception>
    public async Task ReachAsync(int finished, TimeSpan atMost)
    {
        using var over = new CancellationTokenSource(atMost);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_finished >= finished)
                {
                    return;
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(over.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{Finished} of {finished} commits have finished within {atMost.TotalSeconds:0} s.");
            }
        }
    }
}
