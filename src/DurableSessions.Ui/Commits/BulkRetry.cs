using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Ui.Commits;

/// <summary>
/// Retries the commits that a filter has shown, at most 100 at once, one such run at a time on a host. It is this host's alone: where the
/// host dies, what it has not come to is as it was, and is retried by another run.
/// </summary>
/// <param name="store">The store.</param>
internal sealed class BulkRetry(SessionStore store) : IDisposable
{
    private const int AtOnce = 100;

    private readonly Lock _lock = new();
    private CancellationTokenSource _stop = new();
    private Run? _run;

    /// <summary>The last run, or the one under way; <see langword="null"/>: there was none.</summary>
    public BulkRetryProgress? Last => _run?.Now;

    /// <summary>Begins a run. False: one is under way, or there is nothing to retry.</summary>
    /// <param name="rows">The commits; those that cannot be retried are left out.</param>
    public bool TryBegin(IEnumerable<CommitRow> rows)
    {
        CommitRow[] all = [.. rows.Where(static r => r.CanRetry && r.Account.Length > 0)];
        lock (_lock)
        {
            if (all.Length == 0 || _run is { Now.IsOver: false })
            {
                return false;
            }

            _stop.Dispose();
            _stop = new CancellationTokenSource();
            _run = new Run(all.Length);
            _ = RunAsync(_run, all, _stop.Token);
            return true;
        }
    }

    /// <summary>Lets no further commit begin.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _stop.Cancel();
        }
    }

    /// <summary>The host stops: no further commit begins.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _stop.Cancel();
            _stop.Dispose();
        }
    }

    private async Task RunAsync(Run run, CommitRow[] rows, CancellationToken stop)
    {
        try
        {
            await Parallel.ForEachAsync(
                rows,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop },
                async (row, _) => await RetryAsync(run, row));
        }
        catch (OperationCanceledException)
        {
        }

        run.End();
    }

    private async Task RetryAsync(Run run, CommitRow row)
    {
        try
        {
            // A request that has begun is not cut off: whether it has started an attempt would not be known.
            await store.Tasks.RetryAsync(new UserKey(row.Account, row.User), row.Id, CancellationToken.None);
            run.Done();
        }
        catch (Exception e) when (e is TaskStatusException or TaskNotFoundException)
        {
            // It was retried, completed or deleted meanwhile.
            run.Skipped();
        }
        catch (Exception)
        {
            run.Failed();
        }
    }

    private sealed class Run(int all)
    {
        private int _retried;
        private int _skipped;
        private int _failed;
        private volatile bool _isOver;

        public BulkRetryProgress Now =>
            new(all, Volatile.Read(ref _retried), Volatile.Read(ref _skipped), Volatile.Read(ref _failed), _isOver);

        public void Done() => Interlocked.Increment(ref _retried);

        public void Skipped() => Interlocked.Increment(ref _skipped);

        public void Failed() => Interlocked.Increment(ref _failed);

        public void End() => _isOver = true;
    }
}
