namespace DurableSessions.Testing;

/// <summary>Takes one step after another, each when nothing else is left to run on the pool's only thread.</summary>
/// <param name="step">False: that was the last one.</param>
internal sealed class QuietSteps(Func<bool> step) : IThreadPoolWorkItem
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes after the last step; fails with what a step throws.</summary>
    public static Task RunAsync(Func<bool> step)
    {
        var steps = new QuietSteps(step);
        steps.Queue();
        return steps._ended.Task;
    }

    public void Execute()
    {
        if (ThreadPool.PendingWorkItemCount > 0)
        {
            Queue();
            return;
        }

        try
        {
            if (step())
            {
                Queue();
            }
            else
            {
                _ended.SetResult();
            }
        }
        catch (Exception e)
        {
            _ended.SetException(e);
        }
    }

    // Behind everything that is there.
    private void Queue() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
}
