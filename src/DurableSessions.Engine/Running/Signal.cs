namespace DurableSessions.Engine.Running;

/// <summary>Wakes what waits for something to happen once more. Safe for any thread.</summary>
internal sealed class Signal
{
    private TaskCompletionSource _next = New();

    /// <summary>Completes at the next <see cref="Send"/>.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Completes the <see cref="Next"/> that was taken before.</summary>
    public void Send() => Interlocked.Exchange(ref _next, New()).SetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
